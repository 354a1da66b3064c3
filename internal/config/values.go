package config

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/bmatcuk/doublestar/v4"
)

func asText(name string, v any) (string, *problem) {
	s, ok := v.(string)
	if !ok {
		return "", wrong(name+" is "+describe(v)+", must be text", `put it in quotes: "…"`)
	}
	if strings.ContainsFunc(s, unicode.IsControl) {
		// "C:\new" holds a line break.
		return "", wrong(name+" holds a control character", `a path with backslashes needs single quotes: 'C:\new'`)
	}
	return s, nil
}

func asBool(name string, v any) (bool, *problem) {
	b, ok := v.(bool)
	if !ok {
		return false, wrong(name+" is "+describe(v)+", must be true or false", "write it without quotes")
	}
	return b, nil
}

func asNumber(name string, v any, lowest, highest int64) (int64, *problem) {
	bounds := fmt.Sprintf("%d to %d", lowest, highest)
	if highest == math.MaxInt64 {
		bounds = fmt.Sprintf("a whole number from %d", lowest)
	}
	n, ok := v.(int64)
	if !ok {
		return 0, wrong(name+" is "+describe(v)+", must be "+bounds, "write a whole number without quotes")
	}
	if n < lowest || n > highest {
		return 0, wrong(fmt.Sprintf("%s is %d, must be %s", name, n, bounds), "choose a value in between")
	}
	return n, nil
}

func asSpan(name string, v any, lowest, highest time.Duration) (time.Duration, *problem) {
	s, ok := v.(string)
	if !ok {
		example := `"5s"`
		if n, isNumber := v.(int64); isNumber {
			example = fmt.Sprintf(`"%ds"`, n)
		}
		return 0, wrong(name+" is "+describe(v)+", must be a time with its unit", "write it like "+example)
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		return 0, wrong(name+" is "+quote(s)+", must be a time with its unit", `write it like "5s", "10m" or "1h30m"`)
	}
	if d < lowest || d > highest {
		return 0, wrong(fmt.Sprintf("%s is %s, must be %s to %s", name, s, showSpan(lowest), showSpan(highest)),
			"choose a value in between")
	}
	return d, nil
}

func asList(name string, v any, checks check, env *surroundings) ([]string, *problem) {
	entries, ok := v.([]any)
	if !ok {
		return nil, wrong(name+" is "+describe(v)+", must be a list", `write it in brackets: ["…"]`)
	}
	var l []string
	for i, e := range entries {
		s, p := asText(name, e)
		if p == nil && s == "" {
			p = wrong(name+" holds an empty entry", "remove it")
		}
		if p == nil {
			s, p = checks(s, env)
		}
		if p != nil {
			if p.what == "" {
				p.what = name + " holds " + quote(fmt.Sprint(e))
			}
			p.index = i
			return nil, p
		}
		l = append(l, s)
	}
	return l, nil
}

// describe says what a value is, in words.
func describe(v any) string {
	switch v := v.(type) {
	case string:
		return "the text " + quote(v)
	case bool:
		return strconv.FormatBool(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	default: // the dates and times of TOML
		return "a date or time"
	}
}

func orEmpty(c check) check {
	return func(s string, env *surroundings) (string, *problem) {
		if s == "" {
			return "", nil
		}
		return c(s, env)
	}
}

func checkName(s string, _ *surroundings) (string, *problem) { return s, nil }

func checkClientID(s string, _ *surroundings) (string, *problem) {
	if len(s) > 256 || strings.ContainsFunc(s, func(r rune) bool { return r > unicode.MaxASCII || unicode.IsSpace(r) }) {
		return "", wrong("simkl.client_id is no client_id", "copy it again from simkl.com/settings/developer")
	}
	return s, nil
}

// checkSimklURL lets through https, and http to this machine only, since the token travels there (product.md 8).
func checkSimklURL(s string, _ *surroundings) (string, *problem) {
	u, p := checkURL(s, "https", "http")
	if p != nil {
		return "", p
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		return "", wrong(quote(s)+" is not encrypted", "use https (http is for addresses of this machine)")
	}
	return strings.TrimRight(s, "/"), nil
}

func checkURL(s string, schemes ...string) (*url.URL, *problem) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Hostname() == "" || strings.ContainsFunc(s, unicode.IsSpace) {
		return nil, wrong(quote(s)+" is no address", "write it like "+schemes[0]+"://HOST")
	}
	ok := false
	for _, scheme := range schemes {
		ok = ok || u.Scheme == scheme
	}
	switch {
	case !ok:
		return nil, wrong(quote(s)+" begins with "+u.Scheme+"://", "use "+strings.Join(schemes, " or "))
	case u.User != nil && schemes[0] == "https":
		return nil, wrong("the address holds a user name", "leave it out")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return nil, wrong(quote(s)+" has more than a path", "leave out what follows ? or #")
	case u.Port() != "":
		if port, err := strconv.Atoi(u.Port()); err != nil || port < 1 || port > math.MaxUint16 {
			return nil, wrong(quote(s)+" has no usable port", "use 1 to 65535")
		}
	}
	return u, nil
}

// checkVLCURL takes any host: it is the user who names it.
func checkVLCURL(s string, _ *surroundings) (string, *problem) {
	u, p := checkURL(s, "http", "https")
	if p != nil {
		return "", p
	}
	if u.User != nil {
		return "", wrong("the address holds a password", "use the key password or password_file")
	}
	return strings.TrimRight(s, "/"), nil
}

func checkProxy(s string, _ *surroundings) (string, *problem) {
	_, p := checkURL(s, "http", "https", "socks5")
	if p != nil && strings.Contains(s, "@") {
		// The address may hold a password, which is said nowhere.
		p.what = "the address of the proxy cannot be used"
	}
	return s, p
}

func checkBus(s string, _ *surroundings) (string, *problem) {
	if !strings.Contains(s, ":") {
		return "", wrong(quote(s)+" is no bus address", "write it like unix:path=/run/user/1000/bus")
	}
	return s, nil
}

// checkLoopback keeps the page on this machine (product.md 8).
func checkLoopback(s string, _ *surroundings) (string, *problem) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return "", wrong("dashboard.listen is "+quote(s)+", must be an address with a port", `write it like "127.0.0.1:0"`)
	}
	if !loopback(host) {
		return "", wrong("dashboard.listen is "+quote(s)+", which others could reach",
			"use 127.0.0.1, and ssh -L from elsewhere")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", wrong("dashboard.listen has the port "+quote(port), "use 0 to 65535")
	} else if host == "localhost" {
		host, port = "127.0.0.1", strconv.FormatUint(n, 10)
	}
	return net.JoinHostPort(host, port), nil
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// checkFile takes a path and "" for none.
func checkFile(s string, env *surroundings) (string, *problem) {
	if s == "" {
		return "", nil
	}
	return fullPath(s, env)
}

func checkFolder(s string, env *surroundings) (string, *problem) {
	s, p := fullPath(s, env)
	if p != nil {
		return "", p
	}
	return filepath.Clean(s), nil
}

func checkSocket(s string, env *surroundings) (string, *problem) {
	if strings.HasPrefix(s, `\\.\pipe\`) {
		return s, nil
	}
	s, p := fullPath(s, env)
	if p == nil {
		_, p = checkGlob(s)
	}
	return s, p
}

// checkPlace takes a folder, a glob or the beginning of a URL.
func checkPlace(s string, env *surroundings) (string, *problem) {
	if scheme, _, ok := strings.Cut(s, "://"); ok && len(scheme) > 1 && !strings.ContainsAny(scheme, `/\`) {
		return s, nil
	}
	if !strings.HasPrefix(s, "*") {
		full, p := fullPath(s, env)
		if p != nil {
			return "", p
		}
		s = full
	}
	return checkGlob(s)
}

func checkGlob(s string) (string, *problem) {
	if !doublestar.ValidatePattern(filepath.ToSlash(s)) {
		return "", wrong(quote(s)+" is no pattern", `close its bracket or brace, or write \[ for a bracket in a name`)
	}
	return s, nil
}

func fullPath(s string, env *surroundings) (string, *problem) {
	rest, tilde := strings.CutPrefix(s, "~")
	if tilde && (rest == "" || rest[0] == '/' || rest[0] == filepath.Separator) {
		if env.home == "" {
			return "", wrong(quote(s)+" begins with ~, but no home folder is known", "write the full path")
		}
		return env.home + rest, nil
	}
	if !filepath.IsAbs(s) {
		return "", wrong(quote(s)+" is not a full path", "begin it with / or ~/")
	}
	return s, nil
}

// quote writes text as TOML does, in the quotes that need no escapes if there are such.
func quote(s string) string {
	if strings.ContainsAny(s, `"\`) && !strings.Contains(s, "'") && !strings.ContainsFunc(s, unicode.IsControl) {
		return "'" + s + "'"
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case unicode.IsControl(r):
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

func quoteList(l []string) string {
	quoted := make([]string, len(l))
	for i, s := range l {
		quoted[i] = quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}

// showSpan writes 10m and not 10m0s.
func showSpan(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func hidePassword(proxy string) string {
	if u, err := url.Parse(proxy); err == nil {
		return u.Redacted()
	}
	return proxy
}
