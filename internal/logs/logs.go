// Package logs sets up the log: readable on a terminal, JSON otherwise, with priorities under journald (product.md 2).
//
// It promises that no secret and no raw foreign text gets into any line, whatever a caller logs, and that the level
// can change while the program runs. It must not know what is logged.
package logs

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/journal"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/term"
)

// Form is how a line is written.
type Form string

const (
	// Text is a readable line with the local time.
	Text Form = "text"
	// JSON is one object a line, times in UTC.
	JSON Form = "json"
	// Journal is a readable line that begins with its priority (sd-daemon(3)); journald has the time.
	Journal Form = "journal"
)

// FormOf finds out the form for a stream: Journal if journald reads it, Text on a terminal, else JSON.
func FormOf(f *os.File) Form {
	// JOURNAL_STREAM is inherited: only device and inode say whether this very stream is the journal's.
	if ok, err := journal.StderrIsJournalStream(); f == os.Stderr && err == nil && ok {
		return Journal
	}
	if term.IsTerminal(int(f.Fd())) {
		return Text
	}
	return JSON
}

// Options say where and how is logged.
type Options struct {
	Out   io.Writer
	Form  Form
	Color bool // adds colour to the level in Text
	// Level is debug, info, warn or error; "" is info.
	Level string
}

// Log is the program's log.
type Log struct {
	*zap.Logger
	// Redactor takes the secrets that must not be seen.
	Redactor *Redactor
	level    zap.AtomicLevel
}

// New sets up the log. The error is an unknown level.
func New(o Options) (*Log, error) {
	l := &Log{level: zap.NewAtomicLevel(), Redactor: NewRedactor()}
	if err := l.SetLevel(o.Level); err != nil {
		return nil, err
	}
	c := core{
		LevelEnabler: l.level,
		out:          zapcore.Lock(zapcore.AddSync(o.Out)),
		redactor:     l.Redactor,
		format:       formatOf(o.Form, o.Color),
	}
	// zap's own troubles (a full disk under the log) have nowhere better to go than nowhere.
	l.Logger = zap.New(c, zap.ErrorOutput(zapcore.AddSync(io.Discard)))
	return l, nil
}

// SetLevel changes the level at once, for all loggers made of this one. "" is info.
func (l *Log) SetLevel(level string) error {
	if level == "" {
		level = "info"
	}
	switch level {
	case "debug", "info", "warn", "error":
	default:
		return fmt.Errorf("log level %q: must be debug, info, warn or error", level)
	}
	parsed, err := zapcore.ParseLevel(level)
	if err != nil {
		return fmt.Errorf("log level: %w", err)
	}
	l.level.SetLevel(parsed)
	return nil
}

// core cleans every message and field before it is written.
type core struct {
	zapcore.LevelEnabler
	out      zapcore.WriteSyncer
	redactor *Redactor
	format   format
	context  []zapcore.Field // clean
}

// format writes one line. The entry and its fields are clean.
type format func(zapcore.Entry, []zapcore.Field) ([]byte, error)

// With adds fields to every line of the logger that is made.
func (c core) With(fields []zapcore.Field) zapcore.Core {
	c.context = append(slices.Clip(c.context), c.redactor.fields(fields)...)
	return c
}

// Check adds the core to the lines of its level.
func (c core) Check(e zapcore.Entry, ce *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if c.Enabled(e.Level) {
		return ce.AddCore(e, c)
	}
	return ce
}

// Write writes one line.
func (c core) Write(e zapcore.Entry, fields []zapcore.Field) error {
	e.Message = c.redactor.Clean(e.Message)
	line, err := c.format(e, append(slices.Clip(c.context), c.redactor.fields(fields)...))
	if err != nil {
		return fmt.Errorf("format log line: %w", err)
	}
	_, err = c.out.Write(line)
	return err
}

// Sync flushes what the stream holds back.
func (c core) Sync() error { return c.out.Sync() }

func formatOf(f Form, color bool) format {
	switch f {
	case Text:
		return func(e zapcore.Entry, fields []zapcore.Field) ([]byte, error) {
			return []byte(e.Time.Local().Format(time.TimeOnly) + " " + levelWord(e.Level, color) + readable(e, fields)), nil
		}
	case Journal:
		return func(e zapcore.Entry, fields []zapcore.Field) ([]byte, error) {
			return fmt.Appendf(nil, "<%d>%s", priority(e.Level), readable(e, fields)), nil
		}
	case JSON:
	}
	encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{
		TimeKey: "time", LevelKey: "level", NameKey: "part", MessageKey: "message",
		EncodeTime: func(t time.Time, enc zapcore.PrimitiveArrayEncoder) {
			enc.AppendString(t.UTC().Format(time.RFC3339Nano))
		},
		EncodeLevel:    zapcore.LowercaseLevelEncoder,
		EncodeDuration: zapcore.StringDurationEncoder,
	})
	return func(e zapcore.Entry, fields []zapcore.Field) ([]byte, error) {
		buf, err := encoder.EncodeEntry(e, fields)
		if err != nil {
			return nil, err
		}
		defer buf.Free()
		return append([]byte(nil), buf.Bytes()...), nil
	}
}

// priority is syslog's number of a level.
func priority(l zapcore.Level) int {
	switch {
	case l >= zapcore.ErrorLevel:
		return int(journal.PriErr)
	case l == zapcore.WarnLevel:
		return int(journal.PriWarning)
	case l == zapcore.InfoLevel:
		return int(journal.PriInfo)
	}
	return int(journal.PriDebug)
}

// levelWord is a word of five letters and a blank; colour only adds to it.
func levelWord(l zapcore.Level, color bool) string {
	word, code := "debug ", ""
	switch {
	case l >= zapcore.ErrorLevel:
		word, code = "ERROR ", "31"
	case l == zapcore.WarnLevel:
		word, code = "WARN  ", "33"
	case l == zapcore.InfoLevel:
		word = "info  "
	}
	if !color || code == "" {
		return word
	}
	return "\x1b[" + code + "m" + word + "\x1b[0m"
}

// readable is "part: message key=value ...", quoted where a value has blanks.
func readable(e zapcore.Entry, fields []zapcore.Field) string {
	var b strings.Builder
	if e.LoggerName != "" {
		b.WriteString(e.LoggerName + ": ")
	}
	b.WriteString(e.Message)
	enc := zapcore.NewMapObjectEncoder()
	for _, f := range fields {
		f.AddTo(enc)
		value := fmt.Sprint(enc.Fields[f.Key])
		if value == "" || strings.ContainsAny(value, " \"=") {
			value = `"` + strings.ReplaceAll(value, `"`, `'`) + `"`
		}
		b.WriteString(" " + f.Key + "=" + value)
	}
	b.WriteByte('\n')
	return b.String()
}
