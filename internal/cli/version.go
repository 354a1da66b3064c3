package cli

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/media"
)

func newVersion(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "version, and where the client_id comes from", GroupID: groupScript, Args: between(0, 0),
		RunE: func(*cobra.Command, []string) error { return version(env) },
	}
}

func version(env *Env) error {
	l, err := env.load()
	if err != nil {
		return err
	}
	origin := media.Sanitize(clientIDOrigin(l))
	if env.flags.json {
		return env.print(struct {
			Name       string `json:"name"`
			Version    string `json:"version"`
			Go         string `json:"go"`
			Platform   string `json:"platform"`
			ClientID   string `json:"client_id_from"`
			Unofficial bool   `json:"unofficial"`
		}{about.Name, about.Version(), runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH, origin, true})
	}
	where := "client_id from " + origin
	if origin == "" {
		where = "no client_id: '" + about.Name + " login' asks for one"
	}
	_, err = fmt.Fprintf(env.Out, "%s %s (%s, %s/%s)\n%s\n%s\n%s\n", about.Name, about.Version(), runtime.Version(),
		runtime.GOOS, runtime.GOARCH, where, about.Unofficial, about.Home)
	return err
}

// clientIDOrigin says where the client_id comes from, "" when there is none.
func clientIDOrigin(l config.Loaded) string {
	if l.Config.Simkl.ClientID == "" {
		if about.ClientID() == "" {
			return ""
		}
		return "this build"
	}
	for _, entry := range l.Entries {
		if entry.Key == keyClientID {
			return entry.Origin.String()
		}
	}
	return "the configuration"
}

const keyClientID = "simkl.client_id"
