package cli

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/store"
)

func newDashboard(env *Env) *cobra.Command {
	var printURL bool
	cmd := &cobra.Command{
		Use: "dashboard", Short: "open the local web page of the daemon", GroupID: groupWatch, Args: between(0, 0),
		Long: `The page shows what plays, what needs you, the queue, the history and Simkl's answers, and
does what the commands do. It is for this machine alone and lets a browser in by a link
that works once. From elsewhere: ssh -L PORT:127.0.0.1:PORT, then --print-url there.`,
		Example: `  simkld dashboard
  ssh -L 38231:127.0.0.1:38231 tv simkld dashboard --print-url`,
		RunE: func(cmd *cobra.Command, _ []string) error { return openDashboard(cmd.Context(), env, printURL) },
	}
	cmd.Flags().BoolVar(&printURL, "print-url", false, "print the address with its one-time key instead")
	return cmd
}

func openDashboard(ctx context.Context, env *Env, printURL bool) error {
	d, err := env.daemon()
	if err != nil {
		return err
	}
	wait, cancel := soon(ctx)
	defer cancel()
	link, err := d.Link(wait)
	if api.IsNoDaemon(err) {
		return noDaemon("the page is its own")
	}
	if err != nil {
		return err
	}
	switch {
	case env.flags.json:
		return env.print(link)
	case printURL:
		_, err := fmt.Fprintln(env.Out, link.URL)
		return err
	}
	if err := env.browse(ctx, link.URL); err != nil {
		fmt.Fprintf(env.Err, "No browser could be opened here (%v). Open this address, it works once:\n", err)
		_, err := fmt.Fprintln(env.Out, link.URL)
		return err
	}
	u, err := url.Parse(link.URL)
	if err != nil {
		return fmt.Errorf("read the page's address: %w", err)
	}
	_, err = fmt.Fprintf(env.Out, "ok  the browser opens http://%s\n", u.Host)
	return err
}

// forPage runs a command for the page as if it had been typed where the daemon was, with the daemon's state.
func (e *Env) forPage(ctx context.Context, state *store.Store, args []string) ([]byte, error) {
	var out, said bytes.Buffer
	env := &Env{In: strings.NewReader(""), Out: &out, Err: &said, Environ: e.Environ, Now: e.Now, opened: state, lent: true}
	var given []string
	if e.flags.config != "" {
		given = append(given, "--config="+e.flags.config)
	}
	if e.flags.stateDir != "" {
		given = append(given, "--state-dir="+e.flags.stateDir)
	}
	err := execute(ctx, env, append(given, args...))
	return out.Bytes(), err
}
