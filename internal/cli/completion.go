package cli

import (
	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/fault"
)

func newCompletion(env *Env) *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use: "completion SHELL", Short: "completion of commands for bash, zsh, fish or powershell", GroupID: groupScript,
		Annotations: map[string]string{noJSON: "yes"}, Args: between(1, 1), ValidArgs: shells,
		Example: `  source <(simkld completion bash)
  simkld completion fish > ~/.config/fish/completions/simkld.fish`,
		RunE: func(cmd *cobra.Command, args []string) error {
			root := cmd.Root()
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(env.Out, true)
			case "zsh":
				return root.GenZshCompletion(env.Out)
			case "fish":
				return root.GenFishCompletion(env.Out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(env.Out)
			}
			return fault.Usagef("use "+orList(shells), "no completion for %q", args[0])
		},
	}
}
