package cli

import (
	"context"
	"errors"
	"os/exec"
)

// browse shows an address in the user's browser. It fails where there is none to show it in.
func (e *Env) browse(ctx context.Context, address string) error {
	args := browser(e.getenv)
	if len(args) == 0 {
		return errors.New("there is no desktop")
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), args[0], append(args[1:], address)...) //nolint:gosec // a fixed program and our own address
	cmd.Env = e.Environ
	if err := cmd.Start(); err != nil {
		return err
	}
	go func() { // ends with the opener, which may live as long as the browser
		_ = cmd.Wait() // whether it worked, the person sees
	}()
	return nil
}
