package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/account"
	"github.com/simkld/simkld/internal/config"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/paths"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
	"github.com/simkld/simkld/internal/store"
)

// ClientOptions say for whom a client is made.
type ClientOptions struct {
	Paths  paths.Paths
	Config config.Simkl
	Tokens *Tokens
	// Store takes the request log; nil for none.
	Store *store.Store
	Log   *zap.Logger
	HTTP  http.RoundTripper
	Now   func() time.Time
	// Quick leaves the keyring out, which may take a second.
	Quick bool
}

// Linked is a client of Simkl and the account that it acts for.
type Linked struct {
	Client *simkl.Client
	Limits *limits.Limits
	// Token is what is known of the account, zero without one.
	Token account.Token
}

// ClientID is the client_id that is configured, else the one that a package built in.
func ClientID(c config.Simkl) string { return cmp.Or(c.ClientID, about.ClientID()) }

// Connect makes the client of the account that is linked. It asks nothing of the network. All processes of the user
// that connect to one server for one account share its limits, also over a new login.
func Connect(ctx context.Context, o ClientOptions) (Linked, error) {
	token, err := o.token(ctx)
	if err != nil {
		return Linked{}, fault.Wrap(fault.Failed, err, "the token cannot be read", "check the state folder, or run 'simkld login'")
	}
	secret, err := clientSecret(o.Config.ClientSecretFile)
	if err != nil {
		return Linked{}, err
	}
	l, err := limits.Open(limits.Config{
		Dir: o.Paths.Limits, Server: o.Config.APIURL, Account: AccountKey(token), Client: ClientID(o.Config), Now: o.Now,
		Damaged: func(moved string) {
			o.Log.Warn("the times of the last requests could not be read and were moved aside", zap.String("moved_to", moved))
		},
	})
	if err != nil {
		return Linked{}, fault.Wrap(fault.Failed, err, "the folder of the limits cannot be used", "check "+o.Paths.Limits)
	}
	cfg := simkl.Config{
		ClientID: ClientID(o.Config), ClientSecret: secret, AppName: about.Name, AppVersion: about.Version(),
		UserAgent: about.UserAgent(), APIURL: o.Config.APIURL, DataURL: o.Config.DataURL, SiteURL: o.Config.SiteURL,
		ImageURL: o.Config.ImageURL,
		Proxy:    o.Config.Proxy, Timeout: o.Config.Timeout, HTTP: o.HTTP, Limits: l, Now: o.Now,
		Tokens: o.Tokens,
	}
	if o.Store != nil {
		cfg.Log = requestLog{store: o.Store, log: o.Log}
	}
	client, err := simkl.New(cfg)
	if err != nil {
		return Linked{}, fault.Wrap(fault.Usage, err, "the settings of [simkl] cannot be used", err.Error())
	}
	return Linked{Client: client, Limits: l, Token: token}, nil
}

func (o ClientOptions) token(ctx context.Context) (account.Token, error) {
	if o.Quick {
		return o.Tokens.quick()
	}
	return o.Tokens.Token(ctx)
}

func clientSecret(file string) (simkl.Token, error) {
	if file == "" {
		return simkl.Token{}, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return simkl.Token{}, fault.Wrap(fault.Usage, err, "the client secret cannot be read", "check simkl.client_secret_file")
	}
	return simkl.NewToken(string(text)), nil
}

// Fingerprint names a token without giving it away, the same in every process; empty without one. A V2 pair is named by
// its refresh token, which stays (simkl-api.md 3.5).
func Fingerprint(t account.Token) string {
	secret := cmp.Or(t.Refresh.Reveal(), t.Access.Reveal())
	if secret == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:8])
}

// requestLog keeps what was asked of Simkl for `requests`.
type requestLog struct {
	store *store.Store
	log   *zap.Logger
}

// Add writes an entry. The log is for people: a disk that does not take it holds nothing up.
func (r requestLog) Add(e simkl.Entry) {
	query := make(map[string]string, len(e.Query))
	for k, v := range e.Query {
		query[k] = strings.Join(v, ",")
	}
	_, err := r.store.LogRequest(context.Background(), store.Request{
		Time: e.Time, Method: e.Method, Path: e.Path, Query: query, Status: e.Status, Latency: e.Latency, Cache: e.Cache,
		UserAgent: e.UserAgent, Error: e.Error,
	})
	if err != nil {
		r.log.Debug("a request could not be logged", zap.Error(err))
	}
}
