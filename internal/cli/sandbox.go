package cli

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/sandbox"
)

func newSandbox(env *Env) *cobra.Command {
	var listen, state, plan string
	cmd := &cobra.Command{
		Use: "sandbox", Short: "a Simkl of your own on this machine, for trying and testing", GroupID: groupTry,
		Annotations: map[string]string{noJSON: "yes"}, Args: between(0, 0),
		Long: `The first line printed is its address: give it as simkl.api_url and simkl.site_url.
A login approves itself after 3 s. A client_id that begins with "v2" is a V2 app,
any other a V1 app; one that ends in "-server" has the client secret "secret".
Its own log of requests is at /sandbox/requests. Ctrl-C ends it.`,
		Example: `  simkld sandbox --listen 127.0.0.1:8123 --state /tmp/sandbox.json
  SIMKLD_SIMKL_API_URL=http://127.0.0.1:8123 SIMKLD_SIMKL_CLIENT_ID=mine simkld login`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return serveSandbox(cmd.Context(), env, listen, state, plan)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "127.0.0.1:0", "listen at `ADDRESS`, of this machine only; port 0 chooses one")
	cmd.Flags().StringVar(&state, "state", "", "keep its history in `FILE` over restarts")
	cmd.Flags().StringVar(&plan, "plan", "", "what its account has paid for: `PLAN` is free, pro or vip (pro and vip have rewatches)")
	return cmd
}

func serveSandbox(ctx context.Context, env *Env, listen, state, plan string) error {
	if err := loopbackOnly(listen); err != nil {
		return err
	}
	if plans := []string{sandbox.PlanFree, sandbox.PlanPro, sandbox.PlanVIP}; plan != "" && !slices.Contains(plans, plan) {
		return fault.Usagef("use "+orList(plans), "--plan is %q", plan)
	}
	s, err := sandbox.New(sandbox.Options{Now: env.Now, StateFile: state, Plan: plan})
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
