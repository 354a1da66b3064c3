package vlc

import (
	"bufio"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Surroundings are the folders of one user in which VLC keeps its settings. Empty ones are left out.
type Surroundings struct {
	// Home is the home folder.
	Home string
	// Config is the folder of configurations: $XDG_CONFIG_HOME, or %APPDATA% on Windows. Empty means the usual one.
	Config string
	// Programs are folders of VLC's programs: a portable VLC keeps its settings beside itself.
	Programs []string
}

// Settings is what one vlcrc says about the HTTP interface.
type Settings struct {
	// File is the vlcrc.
	File string
	// On is true if the interface starts with VLC.
	On bool
	Instance
}

// Discover reads every vlcrc that is there: of the system's VLC, of the Flatpak and the Snap, of a portable one.
func Discover(s Surroundings) []Settings {
	var out []Settings
	for _, file := range s.files() {
		f, err := os.Open(file)
		if err != nil {
			continue // VLC was never started there
		}
		settings := parseSettings(f)
		f.Close()
		settings.File = file
		out = append(out, settings)
	}
	return out
}

// Instances are the interfaces worth asking: those that are switched on, and those with a password, because VLC may
// be started with its interface by hand.
func Instances(found []Settings) []Instance {
	var out []Instance
	for _, s := range found {
		if (s.On || s.Password != "") && !slices.Contains(out, s.Instance) {
			out = append(out, s.Instance)
		}
	}
	return out
}

// files are the places of vlcrc, the most usual first.
func (s Surroundings) files() []string {
	var out []string
	for _, folder := range append(s.folders(), s.portable()...) {
		if file := filepath.Join(folder, "vlcrc"); !slices.Contains(out, file) {
			out = append(out, file)
		}
	}
	return out
}

func (s Surroundings) portable() []string {
	var out []string
	for _, folder := range s.Programs {
		if folder != "" {
			out = append(out, filepath.Join(folder, "portable"))
		}
	}
	return out
}

// maxSettings bounds a vlcrc, which has some 200 kB.
const maxSettings = 8 << 20

// parseSettings reads a vlcrc. A line that begins with # is VLC's default and says nothing (edge-cases.md V14); of a
// key that is there twice the last one counts, as for VLC.
func parseSettings(r io.Reader) Settings {
	var out Settings
	host, port := "", "8080"
	lines := bufio.NewReader(io.LimitReader(r, maxSettings))
	for {
		line, err := lines.ReadString('\n')
		line = strings.TrimPrefix(strings.TrimRight(line, "\r\n"), "\ufeff")
		key, value, ok := strings.Cut(strings.TrimLeft(line, " \t"), "=")
		if ok {
			switch key {
			case "http-host":
				host = strings.TrimSpace(value)
			case "http-port":
				if n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 16); err == nil && n > 0 {
					port = strconv.FormatUint(n, 10)
				}
			case "http-password":
				out.Password = value
			case "extraintf", "intf":
				out.On = out.On || slices.Contains(strings.FieldsFunc(value, isBreak), "http")
			}
		}
		if err != nil {
			break
		}
	}
	out.URL = "http://" + net.JoinHostPort(reachable(host), port)
	return out
}

func isBreak(r rune) bool { return r == ':' || r == ',' || r == ' ' }

// reachable is where a VLC that listens on host is found from here.
func reachable(host string) string {
	host = strings.Trim(host, "[]")
	ip := net.ParseIP(host)
	switch {
	case host == "", ip != nil && ip.IsUnspecified(), ip == nil && !isName(host):
		return "127.0.0.1"
	}
	return host
}

// isName reports whether host can be the name of a machine: what is not would be another URL.
func isName(host string) bool {
	for _, c := range host {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.':
		default:
			return false
		}
	}
	return true
}
