package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/simkld/simkld/internal/fault"
)

// ask puts a question whose default is no. Where nobody can be asked it is exit 2, naming the flag that answers.
func (e *Env) ask(ctx context.Context, question, command, flag string) (bool, error) {
	if !e.interactive() {
		return false, fault.New(fault.Usage, command+" asks first, and this is no terminal", "give "+flag)
	}
	line, err := e.prompt(ctx, question+" [y/N] ")
	if err != nil {
		return false, err
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes", nil
}

// prompt writes text to standard error and reads a line. The end of the input is an empty line.
func (e *Env) prompt(ctx context.Context, text string) (string, error) {
	if _, err := fmt.Fprint(e.Err, text); err != nil {
		return "", err
	}
	type read struct {
		line string
		err  error
	}
	got := make(chan read, 1) // the reader never waits for one who is gone
	go func() {               // ends with the line, or with the process
		line, err := bufio.NewReader(io.LimitReader(e.In, 4096)).ReadString('\n')
		if errors.Is(err, io.EOF) {
			err = nil
		}
		got <- read{line, err}
	}()
	select {
	case r := <-got:
		return r.line, r.err
	case <-ctx.Done():
		fmt.Fprintln(e.Err)
		return "", ctx.Err()
	}
}
