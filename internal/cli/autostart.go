package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/service"
	"github.com/simkld/simkld/internal/term"
)

func newAutostart(env *Env) *cobra.Command {
	sub := func(name, short string, do func(*service.Autostart) (service.Age, error), words map[service.Age]string) *cobra.Command {
		return &cobra.Command{
			Use: name, Short: short, Args: between(0, 0),
			RunE: func(*cobra.Command, []string) error {
				o, err := env.serviceOptions(false)
				if err != nil {
					return err
				}
				a := service.NewAutostart(o)
				age, err := do(a)
				if err != nil {
					return err
				}
				if env.flags.json {
					now, err := a.Status()
					if err != nil {
						return err
					}
					return env.print(struct {
						File    string `json:"file"`
						Enabled bool   `json:"enabled"`
					}{media.Sanitize(a.File()), now == service.Current})
				}
				_, err = fmt.Fprintf(env.Out, "%s  %s: %s\n", env.out().Paint(term.Done, "ok"), env.home(a.File()), words[age])
				return err
			},
		}
	}
	cmd := group("autostart", "let the desktop start it at every login",
		sub("enable", "write the desktop's autostart entry", (*service.Autostart).Enable, map[service.Age]string{
			service.Missing: "written; the desktop starts it from the next login on", service.Old: "brought up to date",
			service.Current: "was there already",
		}),
		sub("disable", "remove the entry", (*service.Autostart).Disable, map[service.Age]string{
			service.Missing: "there was none", service.Old: "removed", service.Current: "removed",
		}),
		sub("status", "say whether there is one", (*service.Autostart).Status, map[service.Age]string{
			service.Missing: "not there", service.Old: "there, but old: " + about.Name + " autostart enable",
			service.Current: "there", service.Foreign: "there, but not ours",
		}))
	cmd.GroupID = groupSetup
	cmd.Long = `For desktops without systemd units of the user: elsewhere 'service install' is better,
since it starts the daemon anew when it ends.`
	return cmd
}
