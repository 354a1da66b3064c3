package cli

import "github.com/spf13/cobra"

// commands are all of them, in the order in which help shows those of a group.
func commands(env *Env) []*cobra.Command {
	return []*cobra.Command{
		newConfig(env),
		newMatch(env), newSandbox(env),
		newCompletion(env), newVersion(env),
	}
}
