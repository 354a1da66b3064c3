// Package secret holds text that must not be seen: tokens and passwords.
//
// It promises that printing, formatting, logging or encoding the text shows a mask. It must not know what the text is
// for, and imports only the standard library.
package secret

import "fmt"

// Text is secret text. The zero value is no secret.
type Text string

// Reveal gives the text itself, to be sent or stored.
func (t Text) Reveal() string { return string(t) }

// String is "(set)", or nothing where there is no secret.
func (t Text) String() string {
	if t == "" {
		return ""
	}
	return "(set)"
}

// Format masks the text under every verb.
func (t Text) Format(f fmt.State, _ rune) { fmt.Fprint(f, t.String()) }

// MarshalText masks the text in JSON and logs.
func (t Text) MarshalText() ([]byte, error) { return []byte(t.String()), nil }
