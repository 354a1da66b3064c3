package cli

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/sandbox"
)

func newSandbox(env *Env) *cobra.Command {
	var listen, state string
	cmd := &cobra.Command{
		Use: "sandbox", Short: "a Simkl of your own on this machine, for trying and testing", GroupID: groupTry,
		Annotations: map[string]string{noJSON: "yes"}, Args: between(0, 0),
		Long: `The first line printed is its address: give it as simkl.api_url and simkl.site_url.
A login approves itself after 3 s. A client_id that begins with "v2" is a V2 app,
any other a V1 app. Ctrl-C ends it.`,
		Example: `  simkld sandbox --listen 127.0.0.1:8123 --state /tmp/sandbox.json
  SIMKLD_SIMKL_API_URL=http://127.0.0.1:8123 SIMKLD_SIMKL_CLIENT_ID=mine simkld login`,
		RunE: func(cmd *cobra.Command, _ []string) error { return serveSandbox(cmd.Context(), env, listen, state) },
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "listen at `ADDRESS`, of this machine only; port 0 chooses one")
	cmd.Flags().StringVar(&state, "state", "", "keep its history in `FILE` over restarts")
	return cmd
}

func serveSandbox(ctx context.Context, env *Env, listen, state string) error {
	if err := loopbackOnly(listen); err != nil {
		return err
	}
	s, err := sandbox.New(sandbox.Options{Now: env.Now, StateFile: state})
	if err != nil {
		return fault.Wrap(fault.Failed, err, "the sandbox cannot use "+state, "give another file with --state")
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", listen)
	if err != nil {
		return fault.Wrap(fault.Failed, err, "cannot listen on "+listen, "choose another address with --listen")
	}
	if _, err := fmt.Fprintf(env.Out, "http://%s\n", l.Addr()); err != nil {
		return err
	}
	if moved := s.DamagedState(); moved != "" {
		fmt.Fprintf(env.Err, "The state file was damaged and moved to %s.\n", media.Sanitize(moved))
	}
	if err := s.Serve(ctx, l); err != nil {
		return err
	}
	if err := s.StateError(); err != nil {
		return fault.Wrap(fault.Failed, err, "the sandbox could not keep its state in "+state, "check the disk")
	}
	return nil
}

// loopbackOnly keeps the port on this machine (product.md 8).
func loopbackOnly(listen string) error {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return fault.Wrap(fault.Usage, err, fmt.Sprintf("--listen is %q, no address with a port", listen), "write it like 127.0.0.1:0")
	}
	if host == "localhost" {
		return nil
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.IsLoopback() {
		return fault.Usagef("use 127.0.0.1, and ssh -L from elsewhere", "--listen is %q, which others could reach", listen)
	}
	return nil
}
