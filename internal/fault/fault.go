// Package fault holds the errors that a person is to read: what went wrong, what to do about it, and of which kind
// it is, which gives the exit code of a command (product.md 2).
//
// It promises one line per error and the same code for the same kind. It must not know who raises an error or how it
// is printed, and imports only the standard library: foreign text in an error (titles, paths, a server's words) is
// made safe by whoever prints the line, with media.Sanitize.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what sort of thing went wrong.
type Kind string

// The kinds, each with its exit code of product.md 2.
const (
	// Failed is what no other kind says: code 1.
	Failed Kind = "failed"
	// Usage is a wrong command line or a wrong configuration: code 2.
	Usage Kind = "usage"
	// Account is no account linked, or one that was revoked or lacks the scope: code 3. Do names `simkld login`.
	Account Kind = "account"
	// NoDaemon is a command that needs the daemon, which is not running: code 4.
	NoDaemon Kind = "no-daemon"
	// Unreachable is Simkl out of reach, or holding us off (412, daily limit): code 5. What has the time.
	Unreachable Kind = "unreachable"
	// NotFound is nothing found, or more than one match: code 6.
	NotFound Kind = "not-found"
)

// Code is the exit code of a command that ends with an error of this kind.
func (k Kind) Code() int {
	switch k {
	case Usage:
		return 2
	case Account:
		return 3
	case NoDaemon:
		return 4
	case Unreachable:
		return 5
	case NotFound:
		return 6
	case Failed:
	}
	return 1
}

// Error is an error in words for a person.
type Error struct {
	Kind Kind
	// What went wrong, in lower case without a full stop. Configuration errors begin it with FILE:LINE:COLUMN.
	What string
	// Do is what the person can do about it, in the same form. Empty where nothing can be done.
	Do string
	// Err is the cause, for the log and for errors.Is. It is not part of the text.
	Err error
}

// New is an Error without a cause.
func New(kind Kind, what, do string) *Error { return &Error{Kind: kind, What: what, Do: do} }

// Wrap is an Error with the cause err.
func Wrap(kind Kind, err error, what, do string) *Error {
	return &Error{Kind: kind, What: what, Do: do, Err: err}
}

// Usagef is an Error of kind Usage whose What is formatted.
func Usagef(do, format string, args ...any) *Error {
	return &Error{Kind: Usage, What: fmt.Sprintf(format, args...), Do: do}
}

// Error is "what went wrong: what to do".
func (e *Error) Error() string {
	if e.Do == "" {
		return e.What
	}
	return e.What + ": " + e.Do
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf is the kind of the first Error in err's chain; Failed for any other error, and "" for nil.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Failed
}

// ExitCode is the exit code of a command that ends with err: 0 for nil.
func ExitCode(err error) int {
	if err == nil {
		return 0
	}
	return KindOf(err).Code()
}

// Line is what stderr gets: "program: what went wrong: what to do", always one line, without its line break. An Error
// anywhere in the chain speaks for the whole: text that was wrapped around it is for the log. Other errors speak
// for themselves. The caller sanitizes.
func Line(program string, err error) string {
	if err == nil {
		return ""
	}
	text := err.Error()
	if e, ok := errors.AsType[*Error](err); ok {
		text = e.Error()
	}
	// A joined error has one line for each of its parts.
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	return program + ": " + strings.Join(parts, "; ")
}
