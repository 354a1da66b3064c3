package app

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/netwatch"
	"github.com/simkld/simkld/scrobbler"
)

// watchMachine takes note of the network and of sleep.
func (d *Daemon) watchMachine(ctx context.Context) error {
	return netwatch.New(netwatch.Config{Log: d.log.Named("machine"), Now: d.now}).Run(ctx, d.machineSays)
}

func (d *Daemon) machineSays(ctx context.Context, e netwatch.Event) {
	switch e {
	case netwatch.NetworkUp:
		d.networkBack()
	case netwatch.GoingToSleep:
		d.tell(ctx, func(m *scrobbler.Machine, now media.Moment) []scrobbler.Effect { return m.Sleep(now) })
		d.untilSent(ctx)
	case netwatch.WokeUp:
		d.tell(ctx, func(m *scrobbler.Machine, now media.Moment) []scrobbler.Effect { return m.Tick(now) })
		d.networkBack()
	}
}

// networkBack lets what waits be tried at once, over new connections: the kept ones may lead nowhere.
func (d *Daemon) networkBack() {
	d.link.client().CloseIdleConnections()
	d.queue.NetworkBack()
}

func (d *Daemon) tell(ctx context.Context, do func(m *scrobbler.Machine, now media.Moment) []scrobbler.Effect) {
	if err := d.runner.Do(ctx, do); err != nil {
		d.log.Debug("the sessions gave no answer in time", zap.Error(err))
	}
}

// lookEvery is how often it is looked whether all is sent before a sleep.
const lookEvery = 50 * time.Millisecond

// untilSent waits until nothing is left to send, as long as the system waits with its sleep.
func (d *Daemon) untilSent(ctx context.Context) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for d.queue.Status().Pending > 0 {
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
}

// answers proves that the part answers without which all others are useless.
func (d *Daemon) answers(ctx context.Context) error {
	return d.runner.Do(ctx, func(*scrobbler.Machine, media.Moment) []scrobbler.Effect { return nil })
}
