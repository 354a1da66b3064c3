package app

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync/atomic"
	"syscall"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/dashboard"
	"github.com/simkld/simkld/internal/fault"
)

// page is the local web page and where it is reached now.
type page struct {
	door    *dashboard.Door
	changed chan struct{} // size 1: the settings were read again
	at      atomic.Pointer[pagePlace]
}

// pagePlace is an address that is listened at, or why none is.
type pagePlace struct {
	addr    string
	trouble *fault.Error
}

// pagePort is the setting that keeps the port, so that a bookmark and an ssh -L stay good.
const pagePort = "dashboard.port"

func (d *Daemon) newPage(ctx context.Context) (*page, error) {
	door, err := dashboard.New(ctx, dashboard.Config{
		API: api.Handler(backend{d}), Poster: d.poster, Keep: d.store, Now: d.wall,
	})
	if err != nil {
		return nil, err
	}
	return &page{door: door, changed: make(chan struct{}, 1)}, nil
}

func (p *page) settingsChanged() {
	select {
	case p.changed <- struct{}{}:
	default: // it will look anyway
	}
}

// trouble says why there is no page although there is to be one, "" if all is well.
func (p *page) trouble() string {
	if at := p.at.Load(); at != nil && at.trouble != nil {
		return at.trouble.Error()
	}
	return ""
}

// servePage keeps the page open where the settings say, until ctx ends. That it cannot is no reason to stop watching.
func (d *Daemon) servePage(ctx context.Context) error {
	for ctx.Err() == nil {
		want := d.config().Dashboard
		serving, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		l := d.openPage(ctx, want)
		if l != nil {
			go func() { done <- api.Serve(serving, l, d.page.door) }() // ends with serving
		}
		var err error
		for err == nil && ctx.Err() == nil && d.config().Dashboard == want {
			select {
			case <-d.page.changed:
			case <-ctx.Done():
			case err = <-done:
				done <- nil // it is waited for below
			}
		}
		stop()
		if l != nil {
			err = errors.Join(err, <-done)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// openPage listens where the settings say, nil where there is to be no page or can be none.
func (d *Daemon) openPage(ctx context.Context, want config.Dashboard) net.Listener {
	if !want.Enabled || d.opt.Command == nil {
		d.page.at.Store(&pagePlace{trouble: nil})
		return nil
	}
	l, err := d.listenPage(ctx, want.Listen)
	if err != nil {
		d.page.at.Store(&pagePlace{trouble: fault.Wrap(fault.Failed, err,
			"the page cannot be opened at "+want.Listen+" ("+whyNot(err)+")", "set dashboard.listen, or enabled = false")})
		d.log.Warn("there is no page", zap.String("listen", want.Listen), zap.Error(err))
		return nil
	}
	d.page.at.Store(&pagePlace{addr: l.Addr().String()})
	d.log.Debug("the page is open", zap.String("address", "http://"+l.Addr().String()))
	return l
}

func whyNot(err error) string {
	if errors.Is(err, syscall.EADDRINUSE) {
		return "another program has the port"
	}
	if cause, ok := errors.AsType[syscall.Errno](err); ok {
		return cause.Error()
	}
	return err.Error()
}

// listenPage opens the port. Port 0 is chosen once and then kept, for as long as nobody else takes it.
func (d *Daemon) listenPage(ctx context.Context, listen string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, err
	}
	var lc net.ListenConfig
	if port != "0" {
		return lc.Listen(ctx, "tcp", listen)
	}
	if kept, ok, err := d.store.Setting(ctx, pagePort); err == nil && ok {
		if l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, kept)); err == nil {
			return l, nil
		}
	}
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		return nil, err
	}
	if addr, ok := l.Addr().(*net.TCPAddr); ok {
		if err := d.store.SetSetting(ctx, pagePort, strconv.Itoa(addr.Port)); err != nil {
			d.log.Warn("the page's port could not be kept: it will be another one at the next start", zap.Error(err))
		}
	}
	return l, nil
}

// Link makes a one-time address of the page.
func (b backend) Link(context.Context) (api.Link, error) {
	at := b.page.at.Load()
	switch {
	case at != nil && at.trouble != nil:
		return api.Link{}, at.trouble
	case at == nil || at.addr == "":
		return api.Link{}, fault.New(fault.Failed, "the page is switched off", "set dashboard.enabled = true")
	}
	return api.Link{URL: b.page.door.Link(at.addr)}, nil
}

// Command runs a command of simkld for the page.
func (b backend) Command(ctx context.Context, args ...string) ([]byte, error) {
	if b.opt.Command == nil {
		return nil, fault.New(fault.Failed, "this "+about.Name+" runs no commands for others", "type it")
	}
	return b.opt.Command(ctx, b.store, args)
}
