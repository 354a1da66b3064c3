package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/players/vlc"
)

// VLC asks every HTTP interface of VLC that is named or found.
type VLC struct {
	// Named are the interfaces of the settings, Found those of VLC's own.
	Named, Found []vlc.Instance
	// OnBus reports whether VLC can be seen over the bus too.
	OnBus func(ctx context.Context) bool
}

// Name is "VLC".
func (VLC) Name() string { return "VLC" }

// Look asks each interface once.
func (v VLC) Look(ctx context.Context) Finding {
	instances := v.Named
	if len(instances) == 0 {
		instances = v.Found
	}
	bus := v.OnBus(ctx)
	if len(instances) == 0 {
		if bus {
			return fine("seen over the bus; its HTTP interface is off, and not needed")
		}
		return hint("its HTTP interface is off, and there is no bus: VLC is not seen", about.Name+" setup vlc")
	}
	worst := Finding{State: OK}
	var texts []string
	for _, in := range instances {
		f := lookAtVLC(ctx, in, bus)
		texts = append(texts, f.Text)
		if f.State == Fail || f.State == Hint && worst.State == OK {
			worst = f
		}
	}
	worst.Text = strings.Join(texts, "; ")
	return worst
}

func lookAtVLC(ctx context.Context, in vlc.Instance, bus bool) Finding {
	begun := time.Now()
	st, err := vlc.Probe(ctx, in)
	if err != nil {
		return fail(err.Error(), "set players.vlc.url")
	}
	if what, do := st.Words(); what != "" {
		return fail(what, do)
	}
	switch {
	case st.Trouble == vlc.TroubleNone:
		version, _, _ := strings.Cut(st.Version, " ")
		return fine(fmt.Sprintf("%s at %s, answered in %d ms", version, st.Address, time.Since(begun).Milliseconds()))
	case bus:
		return fine("nobody listens at " + st.Address + " now; VLC is seen over the bus too")
	}
	return hint("nobody listens at "+st.Address+": VLC does not run, or its HTTP interface is off", about.Name+" setup vlc")
}
