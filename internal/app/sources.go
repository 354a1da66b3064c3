package app

import (
	"os"
	"runtime"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/paths"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/mpris"
	"github.com/simkld/simkld/players/mpv"
	"github.com/simkld/simkld/players/vlc"
)

// sources are the players that the settings say to watch.
func (d *Daemon) sources() []players.Source {
	var list []players.Source
	c := d.config().Players
	if c.MPV.Enabled {
		list = append(list, d.mpv(c.MPV.Sockets))
	}
	onBus := c.MPRIS.Enabled && runtime.GOOS != "windows" && runtime.GOOS != "darwin"
	if onBus {
		places := d.places()
		list = append(list, mpris.New(mpris.Config{
			Address: c.MPRIS.Address, Allow: c.MPRIS.Allow, Deny: c.MPRIS.Deny, Now: d.now, Log: d.log.Named("mpris"),
			Getenv: d.opt.Getenv,
			AllowURL: func(url string) bool {
				return len(d.config().Matcher.Include) > 0 && places.Included(url)
			},
		}))
	}
	if vlcs := d.vlcs(onBus); len(vlcs) > 0 {
		list = append(list, vlc.New(vlc.Config{Instances: vlcs, Now: d.now, Log: d.log.Named("vlc")}))
	}
	return list
}

func (d *Daemon) mpv(sockets []string) players.Source {
	around := mpv.Surroundings{
		Runtime: d.opt.Getenv("XDG_RUNTIME_DIR"), Home: d.opt.Paths.Home, Config: d.opt.Getenv("XDG_CONFIG_HOME"),
	}
	if folder := around.Folder(); folder != "" {
		// A folder that is there is watched alone; else it would be its busy parent.
		if err := paths.PrivateDir(folder); err != nil {
			d.log.Debug("the folder for mpv's sockets could not be made", zap.Error(err))
		}
	}
	return mpv.New(mpv.Config{Sockets: slices.Concat(mpv.DefaultSockets(around), sockets), Now: d.now, Log: d.log.Named("mpv")})
}

// vlcs are the HTTP interfaces that the settings name. Without any, those of vlcrc are asked where VLC cannot be seen
// over the bus, which needs neither a password nor a question every second.
func (d *Daemon) vlcs(onBus bool) []vlc.Instance {
	var list []vlc.Instance
	for _, v := range d.config().Players.VLC {
		password := v.Password.Reveal()
		if v.PasswordFile != "" {
			text, err := os.ReadFile(v.PasswordFile)
			if err != nil {
				d.log.Warn("the password of a VLC cannot be read: check players.vlc.password_file", zap.Error(err))
				continue
			}
			password = strings.TrimSpace(string(text))
		}
		d.log.Redactor.Add(password)
		list = append(list, vlc.Instance{URL: v.URL, Password: password})
	}
	if len(list) > 0 || onBus && d.opt.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return list
	}
	return vlc.Instances(vlc.Discover(vlc.Surroundings{Home: d.opt.Paths.Home, Config: d.opt.Getenv("XDG_CONFIG_HOME")}))
}
