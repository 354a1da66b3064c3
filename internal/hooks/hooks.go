// Package hooks runs the commands of [hooks] with an event as JSON on their standard input.
//
// It promises that a command is split into words and never given to a shell, that it has 10 s and is killed with all it
// started after that, that what it prints is bounded and logged, and that handing over an event never blocks. It must
// not know what an event means.
package hooks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/media"
)

const (
	// within is what a command has (product.md 4).
	within = 10 * time.Second
	// printed bounds what is kept of a command's output.
	printed = 4 << 10
	// waiting bounds the runs that have not begun: a hook that always needs its 10 s must not eat the memory.
	waiting = 100
)

// job is one command with one event.
type job struct {
	command string
	event   []byte
}

// Runner runs commands one after the other, in the order of their events.
type Runner struct {
	log  *zap.Logger
	home string

	wake chan struct{} // size 1: a wake-up

	mu    sync.Mutex // guards queue
	queue []job
}

// New gives a Runner that has begun nothing. home stands for a leading ~ of a command's words.
func New(log *zap.Logger, home string) *Runner {
	return &Runner{log: log, home: home, wake: make(chan struct{}, 1)}
}

// Put hands an event to commands. It never blocks.
func (r *Runner) Put(commands []string, event []byte) {
	r.mu.Lock()
	for _, c := range commands {
		if len(r.queue) == waiting {
			r.log.Warn("a hook is not run: too many wait already", zap.String("hook", media.Sanitize(c)))
			continue
		}
		r.queue = append(r.queue, job{c, event})
	}
	r.mu.Unlock()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run runs what is put until ctx ends. What waits then is left out; what runs is killed.
func (r *Runner) Run(ctx context.Context) error {
	for {
		for j, ok := r.next(); ok && ctx.Err() == nil; j, ok = r.next() {
			r.run(ctx, j)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-r.wake:
		}
	}
}

func (r *Runner) next() (job, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) == 0 {
		return job{}, false
	}
	j := r.queue[0]
	r.queue = r.queue[1:]
	return j, true
}

func (r *Runner) run(ctx context.Context, j job) {
	log := r.log.With(zap.String("hook", media.Sanitize(j.command)))
	words, err := Words(j.command, r.home)
	if err != nil {
		log.Error("a hook cannot be run: check [hooks]", zap.Error(err))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // the user's own command
	cmd.Stdin = bytes.NewReader(j.event)
	out := &bounded{}
	cmd.Stdout, cmd.Stderr = out, out
	// A child that left its group may keep the pipe open: it is not waited for.
	cmd.WaitDelay = time.Second
	inGroup(cmd)
	begun := time.Now()
	err = cmd.Run()
	fields := []zap.Field{zap.Duration("took", time.Since(begun).Round(time.Millisecond))}
	if text := out.text(); text != "" {
		fields = append(fields, zap.String("printed", text))
	}
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		log.Warn("a hook took longer than 10 s and was ended", fields...)
	case err != nil:
		log.Warn("a hook failed", append(fields, zap.Error(err))...)
	default:
		log.Info("a hook was run", fields...)
	}
}

// Words splits a command: blanks separate, quotes of both kinds and a backslash hold together, a leading ~/ is the home
// folder. Nothing else has a meaning: there is no shell.
func Words(command, home string) ([]string, error) {
	var words []string
	var word strings.Builder
	begun, quote := false, rune(0)
	runes := []rune(command)
	for i := 0; i < len(runes); i++ {
		c := runes[i]
		switch {
		case c == '\\' && os.PathSeparator == '/' && quote != '\'':
			if i++; i == len(runes) {
				return nil, errors.New("it ends with a backslash")
			}
			word.WriteRune(runes[i])
			begun = true
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(c)
		case c == '"' || c == '\'':
			quote, begun = c, true
		case c == ' ' || c == '\t' || c == '\n':
			if begun {
				words, begun = append(words, word.String()), false
				word.Reset()
			}
		default:
			word.WriteRune(c)
			begun = true
		}
	}
	if quote != 0 {
		return nil, fmt.Errorf("a quote %c is not closed", quote)
	}
	if begun {
		words = append(words, word.String())
	}
	if len(words) == 0 || words[0] == "" {
		return nil, errors.New("it names no program")
	}
	for i, w := range words {
		if rest, ok := strings.CutPrefix(w, "~/"); ok && home != "" {
			words[i] = filepath.Join(home, rest)
		}
	}
	return words, nil
}

// bounded keeps the beginning of what is written to it.
type bounded struct {
	kept []byte
	more bool
}

// Write takes everything, so that a command that prints much does not wait.
func (b *bounded) Write(p []byte) (int, error) {
	room := min(len(p), printed-len(b.kept))
	b.kept = append(b.kept, p[:room]...)
	b.more = b.more || room < len(p)
	return len(p), nil
}

func (b *bounded) text() string {
	text := media.Sanitize(strings.TrimSpace(string(b.kept)))
	if b.more {
		text += " …"
	}
	return text
}
