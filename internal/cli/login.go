package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/account"
	"github.com/simkld/simkld/internal/api"
	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
	"github.com/simkld/simkld/internal/term"
)

// newClientPage is where a client_id is to be had.
const newClientPage = "https://simkl.com/settings/developer/new/"

func newLogin(env *Env) *cobra.Command {
	var browser bool
	cmd := &cobra.Command{
		Use: "login", Short: "link your Simkl account", GroupID: groupSetup, Args: between(0, 0),
		Long: `It shows a code and an address, and waits until the code was entered there. No browser
is needed on this machine; with --browser it is one here that says yes, in 5 minutes at
most. A running daemon takes the account at once. With --json it prints one line for each
step.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return login(cmd.Context(), env, browser) },
	}
	cmd.Flags().BoolVar(&browser, "browser", false, "log in through a browser on this machine")
	return cmd
}

func login(ctx context.Context, env *Env, browser bool) error {
	loaded, err := env.load()
	if err != nil {
		return err
	}
	tokens, err := ownTokens(env)
	if err != nil {
		return err
	}
	say := loginScreen{env: env}
	settings := loaded.Config.Simkl
	var grant simkl.Grant
	if app.ClientID(settings) == "" {
		settings, grant, err = firstLogin(ctx, env, settings, browser, &say)
	} else {
		grant, err = authorize(ctx, env, settings, browser, say.stepper(ctx))
	}
	say.end()
	if err != nil {
		return loginFault(err)
	}
	return link(ctx, env, tokens, settings, grant)
}

// ownTokens is where the account's tokens are kept. It refuses while the environment or the credentials folder says
// whose account it is.
func ownTokens(env *Env) (*account.Store, error) {
	keeper, err := env.tokens()
	if err != nil {
		return nil, err
	}
	tokens := keeper.Store()
	origin, err := tokens.Fixed()
	if err != nil {
		return nil, fault.Wrap(fault.Failed, err, "the token of "+string(account.FromCredentials)+" cannot be read", "check its rights")
	}
	if origin != "" {
		return nil, fault.New(fault.Failed, "the token of "+string(origin)+" decides which account is linked, nothing was changed",
			"take it away there first")
	}
	return tokens, nil
}

// authorize gets a grant, by a code or through a browser; step shows what happens meanwhile.
func authorize(ctx context.Context, env *Env, settings config.Simkl, browser bool, step func(simkl.Step)) (simkl.Grant, error) {
	linked, err := env.connect(ctx, settings)
	if err != nil {
		return simkl.Grant{}, err
	}
	if browser {
		return linked.Client.AuthorizeBrowser(ctx, step)
	}
	return linked.Client.Authorize(ctx, step)
}

func loginFault(err error) error {
	if errors.Is(err, context.Canceled) {
		return fault.Wrap(fault.Failed, err, "the login was interrupted, nothing was changed", "run '"+about.Name+" login' again")
	}
	return err
}

// firstLogin asks for a client_id, tries it with the login itself, and keeps it once Simkl knows it.
func firstLogin(ctx context.Context, env *Env, settings config.Simkl, browser bool, say *loginScreen) (config.Simkl, simkl.Grant, error) {
	none := simkl.Grant{}
	if !env.interactive() {
		return settings, none, fault.New(fault.Usage, "there is no client_id",
			"get one at "+newClientPage+" and set simkl.client_id or SIMKLD_SIMKL_CLIENT_ID")
	}
	fmt.Fprintf(env.Err, `This simkld has no client_id. Yours is free and takes a minute:
  1. open %s
  2. name "simkld", type "TV, devices & command line", save
  3. copy the Client ID (no secret is needed) and paste it here
`, newClientPage)
	for {
		typed, err := env.prompt(ctx, "Client ID: ")
		if err != nil {
			return settings, none, err
		}
		settings.ClientID = strings.TrimSpace(typed)
		if settings.ClientID == "" {
			return settings, none, fault.New(fault.Usage, "no client_id was given, nothing was changed", "run '"+about.Name+" login' again")
		}
		kept := false
		show := say.stepper(ctx)
		grant, err := authorize(ctx, env, settings, browser, func(s simkl.Step) {
			if (s.Kind == simkl.StepCode || s.Kind == simkl.StepBrowser) && !kept {
				kept = true
				keepClientID(env, settings.ClientID, s.Prompt.Generation)
			}
			show(s)
		})
		if kept || err == nil {
			return settings, grant, err
		}
		if class := simkl.ClassOf(err); class != simkl.WrongClient && class != simkl.Blocked && class != simkl.Held {
			return settings, none, err
		}
		fmt.Fprintln(env.Err, "Simkl does not know that client_id. Copy it again; Enter alone ends.")
	}
}

// keepClientID writes the client_id into the settings, or says the lines where that cannot be.
func keepClientID(env *Env, id string, g simkl.Generation) {
	known := "ok  Simkl knows it (" + strings.ToUpper(string(g)) + ")"
	p, err := env.paths()
	if err != nil {
		return // the command has resolved them before
	}
	if err := config.SetKey(p.ConfigWrite, keyClientID, id); err == nil {
		fmt.Fprintf(env.Err, "%s; kept in %s\n", known, env.home(p.ConfigWrite))
		return
	}
	fmt.Fprintf(env.Err, "%s, but %s cannot be written. Put this there:\n[simkl]\nclient_id = %q\n", known, env.home(p.ConfigWrite), id)
}

// link keeps the grant, finds out whose it is, and tells what belongs to that account now.
func link(ctx context.Context, env *Env, tokens *account.Store, settings config.Simkl, grant simkl.Grant) error {
	s, err := env.state(ctx)
	if err != nil {
		return err
	}
	token := app.TokenOf(grant, account.Token{ClientID: app.ClientID(settings)})
	// The code was approved: what follows is finished even if Ctrl-C comes now.
	ctx = context.WithoutCancel(ctx)
	keep := func() (account.Origin, error) {
		origin, err := tokens.Save(ctx, token)
		if err != nil {
			return "", fault.Wrap(fault.Failed, err, "the token cannot be kept", "make room, and run '"+about.Name+" login' again")
		}
		return origin, nil
	}
	origin, err := keep()
	if err != nil {
		return err
	}
	owner, unnamed := askOwner(ctx, env, settings)
	if unnamed == nil {
		token.Account = owner
		if origin, err = keep(); err != nil {
			return err
		}
	}
	done := linkedJSON{
		Step: "linked", Name: media.Sanitize(owner.Name), Plan: media.Sanitize(owner.Plan), Auth: string(grant.Generation),
		Token: string(origin),
	}
	if done.Claimed, err = s.Claim(ctx, app.AccountKey(token)); err != nil {
		return err
	}
	if err := env.kick(ctx, api.KickAccount); err != nil {
		return err
	}
	return sayLinked(env, done, unnamed)
}

// askOwner asks whose account was linked.
func askOwner(ctx context.Context, env *Env, settings config.Simkl) (account.Account, error) {
	linked, err := env.connect(ctx, settings)
	if err != nil {
		return account.Account{}, err
	}
	set, err := linked.Client.Settings(simkl.WithPriority(ctx, limits.Typed))
	if err != nil {
		return account.Account{}, explain(err)
	}
	return account.Account{ID: set.ID, Name: set.Name, Plan: set.Plan}, nil
}

// linkedJSON is the last line of `login --json`.
type linkedJSON struct {
	Step string `json:"step"`
	Name string `json:"name"`
	Plan string `json:"plan"`
	Auth string `json:"auth"`
	// Claimed is how many finished watches wait that belong to the account from now on.
	Claimed int    `json:"claimed"`
	Token   string `json:"token_in"`
}

func sayLinked(env *Env, done linkedJSON, unnamed error) error {
	if env.flags.json {
		return env.printLine(done)
	}
	who := "linked"
	if done.Name != "" {
		who += " to " + done.Name
	}
	if done.Plan != "" {
		who += " (" + done.Plan + " account)"
	}
	where := "token in " + done.Token
	if account.Origin(done.Token) == account.FromFile {
		if p, err := env.paths(); err == nil {
			where = "no keyring: token in " + env.home(p.State) + " (0600)"
		}
	}
	out := env.out()
	fmt.Fprintf(env.Out, "%s  %s; %s\n", out.Paint(term.Done, "ok"), who, where)
	if unnamed != nil {
		fmt.Fprintf(env.Err, "Whose account it is will be asked again: %s.\n", media.Sanitize(unnamed.Error()))
	}
	if done.Claimed > 0 {
		fmt.Fprintf(env.Out, "    %s from before %s to this account now and will be sent.\n",
			term.Count(done.Claimed, "watch", "watches"), map[bool]string{true: "belongs", false: "belong"}[done.Claimed == 1])
	}
	return nil
}

// loginScreen shows the steps of a login.
type loginScreen struct {
	env     *Env
	trouble string
	stop    func()
}

// stepJSON is a line of `login --json`.
type stepJSON struct {
	Step     string     `json:"step"`
	Auth     string     `json:"auth"`
	Code     string     `json:"code,omitempty"`
	URL      string     `json:"url,omitempty"`
	Complete string     `json:"url_with_code,omitempty"`
	Expires  *time.Time `json:"expires_at,omitempty"`
	Error    string     `json:"error,omitempty"`
}

// stepper shows each step, and opens the browser where that is one.
func (l *loginScreen) stepper(ctx context.Context) func(simkl.Step) {
	return func(s simkl.Step) {
		l.step(s)
		if s.Kind != simkl.StepBrowser {
			return
		}
		if err := l.env.browse(ctx, s.Prompt.URL); err != nil && !l.env.flags.json {
			fmt.Fprintf(l.env.Err, "No browser could be opened here (%v): open that address yourself.\n", err)
		}
	}
}

func (l *loginScreen) step(s simkl.Step) {
	if l.env.flags.json {
		l.json(s)
		return
	}
	switch s.Kind {
	case simkl.StepBrowser:
		fmt.Fprintf(l.env.Out, "Say yes in the browser, at this address (valid for %s):\n%s\n",
			term.Clock(s.Prompt.Expires.Sub(l.env.Now())), media.Sanitize(s.Prompt.URL))
	case simkl.StepCode:
		l.code(s.Prompt)
	case simkl.StepReplaced:
		l.end()
		fmt.Fprintln(l.env.Out, "That code is worth nothing any more. A new one:")
		l.code(s.Prompt)
	case simkl.StepPending:
		l.trouble = ""
	case simkl.StepTrouble:
		words := explain(s.Err).Error()
		if words != l.trouble {
			l.trouble = words
			fmt.Fprintf(l.env.Err, "%s (still trying)\n", media.Sanitize(capital(words)))
		}
	}
}

func (l *loginScreen) json(s simkl.Step) {
	line := stepJSON{Step: string(s.Kind), Auth: string(s.Prompt.Generation)}
	switch s.Kind {
	case simkl.StepCode, simkl.StepReplaced:
		line.Code, line.URL = media.Sanitize(s.Prompt.Code), media.Sanitize(s.Prompt.URL)
		line.Complete, line.Expires = media.Sanitize(s.Prompt.Complete), timeOrNil(s.Prompt.Expires.Truncate(time.Second))
	case simkl.StepBrowser:
		line.URL, line.Expires = media.Sanitize(s.Prompt.URL), timeOrNil(s.Prompt.Expires.Truncate(time.Second))
	case simkl.StepTrouble:
		line.Error = media.Sanitize(explain(s.Err).Error())
	case simkl.StepPending:
	}
	// A reader that is gone is found out by the last line, which returns its error.
	_ = l.env.printLine(line)
}

func (l *loginScreen) code(p simkl.Prompt) {
	out := l.env.out()
	left := p.Expires.Sub(l.env.Now())
	fmt.Fprintf(l.env.Out, "Open %s and type   %s   (valid for %s)\n", media.Sanitize(p.URL),
		out.Paint(term.Command, media.Sanitize(p.Code)), term.Clock(left))
	address := p.URL
	if p.Complete != "" {
		address = p.Complete
	}
	// Where no code can be drawn the line above is enough.
	_, _ = out.QR(address)
	l.countDown(p.Expires)
}

// countDown redraws how long the code is valid, on a terminal only.
func (l *loginScreen) countDown(until time.Time) {
	if !l.env.errOut().Terminal {
		return
	}
	quit, ended := make(chan struct{}), make(chan struct{})
	l.stop = func() { close(quit); <-ended }
	go func() { // ends with l.stop
		defer close(ended)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			fmt.Fprintf(l.env.Err, "\r\x1b[KWaiting for you, the code is valid for %s", term.Clock(until.Sub(l.env.Now())))
			select {
			case <-quit:
				fmt.Fprint(l.env.Err, "\r\x1b[K")
				return
			case <-tick.C:
			}
		}
	}()
}

// end stops what moves.
func (l *loginScreen) end() {
	if l.stop != nil {
		l.stop()
		l.stop = nil
	}
}
