package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
)

// connectedApps is where an account lists the programs that may act for it.
const connectedApps = "https://simkl.com/settings/connected-apps/"

func newLogout(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "logout", Short: "forget the account; what waits is kept", GroupID: groupSetup, Args: between(0, 0),
		RunE: func(cmd *cobra.Command, _ []string) error { return logout(cmd.Context(), env) },
	}
}

func logout(ctx context.Context, env *Env) error {
	loaded, err := env.load()
	if err != nil {
		return err
	}
	tokens, err := ownTokens(env)
	if err != nil {
		return err
	}
	linked, err := env.connect(ctx, loaded.Config.Simkl)
	if err != nil {
		return err
	}
	if linked.Token.IsZero() {
		return sayLogout(env, false, false, "No account is linked: there is nothing to forget.")
	}
	grant := app.GrantOf(linked.Token)
	revoked := false
	words := "Simkl cannot be asked to forget a V1 token: take it away at " + connectedApps
	if grant.Generation == simkl.V2 {
		err := linked.Client.Revoke(simkl.WithPriority(ctx, limits.Typed), grant)
		revoked = err == nil
		words = "It is revoked at Simkl too."
		if err != nil {
			words = "It could not be revoked (" + media.Sanitize(explain(err).Error()) + "): take it away at " + connectedApps
		}
	}
	if err := tokens.Forget(ctx); err != nil {
		return fault.Wrap(fault.Failed, err, "the token could not be removed everywhere", "unlock the keyring, then run it again")
	}
	if err := env.kick(ctx, api.KickAccount); err != nil {
		return err
	}
	return sayLogout(env, true, revoked, "ok  the token is forgotten; what waits is kept. "+words)
}

func sayLogout(env *Env, forgotten, revoked bool, words string) error {
	if env.flags.json {
		return env.print(struct {
			Forgotten bool `json:"forgotten"`
			Revoked   bool `json:"revoked"`
		}{forgotten, revoked})
	}
	_, err := fmt.Fprintln(env.Out, words)
	return err
}
