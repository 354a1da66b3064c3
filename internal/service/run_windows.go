package service

import (
	"errors"
	"fmt"

	"github.com/kardianos/service"
	"golang.org/x/sys/windows/svc"

	"github.com/simkld/simkld/internal/about"
)

// runUnder runs in a console as anywhere else: there the library would wait for Ctrl-C even after the daemon ended. As
// a service it is the library that speaks to Windows.
func runUnder(s service.Service, p *program, asService bool) error {
	if !asService && service.Interactive() {
		if err := p.Start(s); err != nil {
			return err
		}
		p.wait()
		return p.Stop(s)
	}
	h, err := handlerOf(s, p)
	if err == nil {
		err = svc.Run(about.Name, h)
	}
	if err != nil {
		return fmt.Errorf("run as a service of Windows: %w", err)
	}
	return p.Stop(s) // it began, or svc.Run had failed
}

func handlerOf(s service.Service, p *program) (svc.Handler, error) {
	h, ok := s.(svc.Handler)
	if !ok {
		return nil, errors.New("the library handles no services")
	}
	return handler{h, p}, nil
}

// handler adds to the library's that a daemon that ends by itself ends the service, with an error if it has one, so
// that Windows starts it anew.
type handler struct {
	svc.Handler
	p *program
}

// Execute passes the requests of Windows on, and adds a stop of its own.
func (h handler) Execute(args []string, requests <-chan svc.ChangeRequest, changes chan<- svc.Status) (bool, uint32) {
	passed := make(chan svc.ChangeRequest)
	done := make(chan struct{})
	defer close(done)
	go func() { // ends with Execute, or with the stop
		for {
			r := svc.ChangeRequest{Cmd: svc.Stop}
			select {
			case r = <-requests:
			case <-h.p.ended:
			case <-done:
				return
			}
			select {
			case passed <- r:
			case <-done:
				return
			}
		}
	}()
	return h.Handler.Execute(args, passed, changes)
}
