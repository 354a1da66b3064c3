package service

import (
	"context"
	"fmt"

	"github.com/kardianos/service"

	"github.com/simkld/simkld/internal/about"
)

// RunUnder runs start under whatever started this process, and returns what it returned. There is one way to the end:
// the context of start ends when ctx does (a signal from the terminal, systemd or launchd) or when the services of
// Windows want the daemon to stop; then start is waited for.
//
// asService says that Windows started the process as a service. It is also found out from Windows itself, which not
// every Windows can tell; elsewhere it has no meaning.
func RunUnder(ctx context.Context, asService bool, start func(context.Context) error) error {
	p := newProgram(ctx, start)
	s, err := service.New(p, &service.Config{
		Name: about.Name,
		// Signals end ctx, in one place for all systems; the library shall not catch them too.
		Option: service.KeyValue{"RunWait": p.wait},
	})
	if err != nil {
		return fmt.Errorf("run under the service manager: %w", err)
	}
	return runUnder(s, p, asService)
}

// program is the daemon as kardianos/service wants to see it.
type program struct {
	ctx    context.Context //nolint:containedctx // the library's Start has none
	cancel context.CancelFunc
	start  func(context.Context) error

	ended chan struct{} // closed when start has returned
	err   error         // what it returned; to be read after ended
}

func newProgram(ctx context.Context, start func(context.Context) error) *program {
	p := &program{start: start, ended: make(chan struct{})}
	p.ctx, p.cancel = context.WithCancel(ctx)
	return p
}

// Start lets the daemon begin; it does not block.
func (p *program) Start(service.Service) error {
	go func() { // ends with the daemon; Stop waits for it
		defer close(p.ended)
		defer p.cancel()
		p.err = p.start(p.ctx)
	}()
	return nil
}

// wait returns when the daemon has ended, by itself or with its context.
func (p *program) wait() { <-p.ended }

// Stop ends the daemon, waits for it, and says how it ended.
func (p *program) Stop(service.Service) error {
	p.cancel()
	<-p.ended
	return p.err
}
