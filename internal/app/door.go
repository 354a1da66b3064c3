package app

import (
	"context"
	"net"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/fault"
)

// openDoor listens for the commands of this user.
func (d *Daemon) openDoor(ctx context.Context) (net.Listener, error) {
	l, err := api.Listen(ctx, d.opt.Paths.Socket)
	if err != nil {
		return nil, fault.Wrap(fault.Failed, err, "the control socket "+d.opt.Paths.Socket+" cannot be opened",
			"check its folder, or set XDG_RUNTIME_DIR")
	}
	return l, nil
}
