package app

import (
	"os"
	"runtime"
	"slices"
	"strings"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/paths"
	"github.com/simkld/simkld/players"
	"github.com/simkld/simkld/players/mpris"
	"github.com/simkld/simkld/players/mpv"
	"github.com/simkld/simkld/players/vlc"
)

// HasBus is true where desktops have a session bus.
const HasBus = runtime.GOOS != "windows" && runtime.GOOS != "darwin"

// watched are the sources that the settings say to watch; nil for those that are off.
type watched struct {
	mpv   *mpv.Source
	mpris *mpris.Source
	vlc   *vlc.Source
	// vlcComes wakes vlc: VLC may have come or gone, or has other settings. Size 1.
	vlcComes chan struct{}
}

func (w watched) list() []players.Source {
	var list []players.Source
	if w.mpv != nil {
		list = append(list, w.mpv)
	}
	if w.mpris != nil {
		list = append(list, w.mpris)
	}
	if w.vlc != nil {
		list = append(list, w.vlc)
	}
	return list
}

// sources makes the sources. They do nothing before they run.
func (d *Daemon) sources() watched {
	w := watched{vlcComes: make(chan struct{}, 1)}
	c := d.config().Players
	if c.MPV.Enabled {
		w.mpv = d.mpv(c.MPV.Sockets)
	}
	onBus := c.MPRIS.Enabled && HasBus
	if onBus {
		w.mpris = mpris.New(mpris.Config{
			Address: c.MPRIS.Address, Allow: c.MPRIS.Allow, Deny: c.MPRIS.Deny, Now: d.now, Log: d.log.Named("mpris"),
			Getenv: d.opt.Getenv, Changed: d.show,
			Came: func(base string) {
				if base == "" || base == "vlc" {
					poke(w.vlcComes)
				}
			},
			AllowURL: func(url string) bool {
				return len(d.config().Matcher.Include) > 0 && d.places().Included(url)
			},
		})
	}
	w.vlc = vlc.New(vlc.Config{
		Instances: d.vlcs(), Find: func() []vlc.Instance { return d.foundVLCs(w.mpris) },
		Wake: w.vlcComes, OnBus: func() bool { return w.mpris != nil && w.mpris.OnBus() }, Changed: d.show,
		Now: d.now, Log: d.log.Named("vlc"),
	})
	return w
}

// poke wakes whoever waits on a channel of size 1.
func poke(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default: // it is awake already
	}
}

func (d *Daemon) mpv(sockets []string) *mpv.Source {
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

// vlcs are the HTTP interfaces that the settings name.
func (d *Daemon) vlcs() []vlc.Instance {
	var list []vlc.Instance
	for _, v := range d.config().Players.VLC {
		password, err := VLCPassword(v)
		if err != nil {
			d.log.Warn("the password of a VLC cannot be read: check players.vlc.password_file", zap.Error(err))
			continue
		}
		d.log.Redactor.Add(password)
		list = append(list, vlc.Instance{URL: v.URL, Password: password})
	}
	return list
}

// VLCPassword is the password of an interface, from the settings or from the file that they name.
func VLCPassword(v config.VLC) (string, error) {
	if v.PasswordFile == "" {
		return v.Password.Reveal(), nil
	}
	text, err := os.ReadFile(v.PasswordFile)
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(text)), nil
}

// foundVLCs are the interfaces of vlcrc where the settings name none. They are asked where VLC cannot be seen over the
// bus, which needs neither a password nor a question every second.
func (d *Daemon) foundVLCs(bus *mpris.Source) []vlc.Instance {
	if len(d.config().Players.VLC) > 0 || bus != nil && bus.OnBus() {
		return nil
	}
	found := vlc.Instances(vlc.Discover(vlc.Surroundings{Home: d.opt.Paths.Home, Config: d.opt.Getenv("XDG_CONFIG_HOME")}))
	for _, in := range found {
		d.log.Redactor.Add(in.Password)
	}
	return found
}
