package cli

import (
	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/demo"
)

func newDemo(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "demo", Short: "the whole job in a minute, with no account", GroupID: groupTry, Args: between(0, 0),
		Long: `A player plays two films at a hundred times the speed, the daemon tells a Simkl that is
part of this program: with a pause, an outage and its recovery. It uses mpv where the
machine has one. Exit 0 only if the history at the end is exactly what was played.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return demo.Run(cmd.Context(), demo.Options{Out: env.out(), JSON: env.flags.json})
		},
	}
}
