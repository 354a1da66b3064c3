package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/term"
)

func newConfig(env *Env) *cobra.Command {
	check := &cobra.Command{
		Use: "check", Short: "read the settings and say what is wrong", Args: between(0, 0),
		RunE: func(*cobra.Command, []string) error {
			l, err := env.load()
			if err != nil {
				return err
			}
			if env.flags.json {
				return env.print(struct {
					OK   bool   `json:"ok"`
					File string `json:"file"`
					Set  int    `json:"set"`
				}{true, media.Sanitize(l.File), set(l.Entries)})
			}
			where := "no file, all defaults"
			if l.File != "" {
				where = media.Sanitize(l.File)
			}
			_, err = fmt.Fprintf(env.Out, "ok  %s, %s\n", where, term.Count(set(l.Entries), "key set", "keys set"))
			return err
		},
	}
	show := &cobra.Command{
		Use: "show", Short: "every setting as it is now, and where it comes from", Args: between(0, 0),
		RunE: func(*cobra.Command, []string) error {
			l, err := env.load()
			if err != nil {
				return err
			}
			return showConfig(env, l.Entries)
		},
	}
	path := &cobra.Command{
		Use: "path", Short: "where the settings are read from", Args: between(0, 0),
		RunE: func(*cobra.Command, []string) error {
			p, err := env.paths()
			if err != nil {
				return err
			}
			file, exists := p.Config, p.Config != ""
			if !exists {
				file = p.ConfigWrite
			}
			if env.flags.json {
				return env.print(struct {
					File   string `json:"file"`
					Exists bool   `json:"exists"`
				}{media.Sanitize(file), exists})
			}
			if !exists {
				fmt.Fprintln(env.Err, "There is no such file yet, and none is needed.")
			}
			_, err = fmt.Fprintln(env.Out, media.Sanitize(file))
			return err
		},
	}
	cmd := group("config", "check, show or find the settings", check, show, path)
	cmd.GroupID = groupSetup
	return cmd
}

// set counts the settings that somebody has set.
func set(entries []config.Entry) int {
	n := 0
	for _, e := range entries {
		if e.Origin != (config.Origin{}) {
			n++
		}
	}
	return n
}

func showConfig(env *Env, entries []config.Entry) error {
	type shown struct {
		Key    string `json:"key"`
		Value  string `json:"value"` // as TOML writes it; secrets are hidden
		Origin string `json:"origin"`
	}
	all := make([]shown, len(entries))
	cells := make([][]term.Cell, len(entries))
	for i, e := range entries {
		all[i] = shown{e.Key, media.Sanitize(e.Value), media.Sanitize(e.Origin.String())}
		cells[i] = []term.Cell{text(e.Key), text(e.Value), text(env.home(e.Origin.String()))}
	}
	if env.flags.json {
		return env.print(all)
	}
	return env.out().Table([]term.Column{{Head: "KEY"}, {Head: "VALUE", Shrink: term.Cut}, {Head: "FROM"}}, cells)
}
