package logs

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"github.com/simkld/simkld/internal/media"
)

// Masked stands in place of a secret.
const Masked = "***"

const (
	// shortestSecret keeps a registered word from blotting out ordinary text; PIN codes have five letters.
	shortestSecret = 5
	// longest is the most of one text that gets into a line, in bytes: names from players can have any length.
	longest = 4096
)

// secretKeys are the names of fields, parameters and headers whose values are never shown (simkl-api.md 3).
const secretKeys = `access_token|refresh_token|id_token|token|client_secret|secret|password|authorization|cookie|set-cookie|` +
	`code|user_code|device_code|code_verifier|code_challenge`

var (
	secretKey = regexp.MustCompile(`(?i)^(?:` + strings.ReplaceAll(secretKeys, "-", "[-_]") + `)$`)
	// key=value of addresses and forms, "key": "value" of JSON, and headers. A plain "token: run simkld login" is a
	// sentence.
	secretPair   = regexp.MustCompile(`(?i)(\b(?:` + secretKeys + `)=|"(?:` + secretKeys + `)"\s?:\s?")[^\s"&;]+`)
	secretHeader = regexp.MustCompile(`(?i)(\b(?:authorization|(?:set-)?cookie)\s?[:=]\s?)(?:(?:Bearer|Basic) )?[^\s"]+`)
	secretBearer = regexp.MustCompile(`(?i)\b(Bearer |Basic )\S+`)
	// The code of a login is part of a path: /oauth/pin/K7QX2.
	secretPath = regexp.MustCompile(`(/oauth/pin/)[^/?\s"]+`)
)

// Redactor takes secrets and unsafe characters out of text. It may be used by many goroutines.
type Redactor struct {
	mu      sync.RWMutex // guards secrets
	secrets []string     // longest first, so that a part of one does not leave the rest
}

// NewRedactor gives a Redactor that knows no secrets yet, only how they look.
func NewRedactor() *Redactor { return &Redactor{} }

// Add registers a secret: it is masked wherever it appears from now on. Very short ones are not taken.
func (r *Redactor) Add(secret string) {
	if len(secret) < shortestSecret {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.Contains(r.secrets, secret) {
		return
	}
	r.secrets = append(r.secrets, secret)
	slices.SortStableFunc(r.secrets, func(a, b string) int { return len(b) - len(a) })
}

// Clean masks secrets, makes foreign text safe to show (media.Sanitize) and cuts it to 4 KiB.
func (r *Redactor) Clean(s string) string {
	r.mu.RLock()
	for _, secret := range r.secrets {
		s = strings.ReplaceAll(s, secret, Masked)
	}
	r.mu.RUnlock()
	s = secretPair.ReplaceAllString(s, "${1}"+Masked)
	s = secretHeader.ReplaceAllString(s, "${1}"+Masked)
	s = secretBearer.ReplaceAllString(s, "${1}"+Masked)
	s = secretPath.ReplaceAllString(s, "${1}"+Masked)
	if len(s) > longest {
		s = strings.ToValidUTF8(s[:longest], "") + "…"
	}
	return media.Sanitize(s)
}

// fields gives the same fields with clean values.
func (r *Redactor) fields(fields []zapcore.Field) []zapcore.Field {
	clean := make([]zapcore.Field, 0, len(fields))
	for _, f := range fields {
		enc := zapcore.NewMapObjectEncoder()
		f.AddTo(enc)
		for _, key := range keysInOrder(enc.Fields) {
			if key == "errorVerbose" { // a stack is of no use to the reader of a log
				continue
			}
			clean = append(clean, zap.Any(r.Clean(key), r.value(key, enc.Fields[key])))
		}
	}
	return clean
}

func keysInOrder(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// value cleans what a field was encoded to. Numbers and times are as they are; anything unknown becomes clean text.
func (r *Redactor) value(key string, v any) any {
	if secretKey.MatchString(key) {
		return Masked
	}
	switch v := v.(type) {
	case string:
		return r.Clean(v)
	case []byte:
		return r.Clean(string(v))
	case bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, uintptr, float32, float64, nil:
		return v
	case time.Duration:
		return v.String()
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case map[string]any:
		clean := make(map[string]any, len(v))
		for k, inner := range v {
			clean[r.Clean(k)] = r.value(k, inner)
		}
		return clean
	case []any:
		clean := make([]any, len(v))
		for i, inner := range v {
			clean[i] = r.value("", inner)
		}
		return clean
	default:
		return r.Clean(fmt.Sprintf("%+v", v))
	}
}
