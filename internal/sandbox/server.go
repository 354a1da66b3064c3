package sandbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Plans of an account (section 15).
const (
	PlanFree = "free"
	PlanPro  = "pro"
	PlanVIP  = "vip"
)

// Options says how the server behaves. The zero value is the service as the reference describes it, with the defaults of
// section 17, a single free user, and a login that approves itself after three seconds.
type Options struct {
	// Now is the clock; default time.Now.
	Now func() time.Time
	// StateFile keeps users, tokens and history over restarts; empty keeps them in memory.
	StateFile string
	// Catalog is another catalog in the form of catalog.json: one title per line; nil is the built-in one.
	Catalog []byte
	// Lenient accepts requests without app-name, app-version, User-Agent or JSON content type, and slugs (17 row 20).
	Lenient bool

	// User, Plan and Zone describe the account that logins are approved for; default "sandbox", free, America/New_York.
	User, Plan, Zone string
	// RefusedClients are client ids that answer as unknown or suspended: 412.
	RefusedClients []string
	// Secrets are the client secrets of "server" registrations. A client id that is not listed has none, but one that ends
	// in -server has "secret".
	Secrets map[string]string

	// ApproveAfter is how long after a login began it approves itself; 0 is 3 s, negative is never.
	ApproveAfter time.Duration
	// SlowDown answers V1 polls faster than the interval with "Slow down" (17 row 3).
	SlowDown bool

	// GETsPerSecond and POSTsPerSecond are the caps of section 15; 0 is 10 and 1, negative is none.
	GETsPerSecond, POSTsPerSecond int
	// BlockFor is how long a burst of POSTs blocks; 0 is 60 s (17 row 24).
	BlockFor time.Duration
	// AppDaily is a V1 app's allowance per day; 0 is none, for the real number is not published (17 row 23).
	AppDaily int
	// UserDaily is a V2 user's allowance per day; 0 is the plan's: 500, 1000, 10000.
	UserDaily int
	// LockWait is how long a write waits for another write of the user before 400 RATE_LIMIT (17 row 8).
	LockWait time.Duration

	// PauseConflicts answers 409 also to a pause at 80 % or more within the hour (17 row 5).
	PauseConflicts bool
	// PlaybackEpisodeKey shows the episode number of playbacks as "episode" instead of "number" (17 row 13).
	PlaybackEpisodeKey bool
	// IgnoreCheckinProgress drops the progress of a check-in (17 row 4).
	IgnoreCheckinProgress bool
	// ClampProgress accepts progress outside 0..100 or finer than two decimals (17 row 22).
	ClampProgress bool
}

// Server is the whole service: API, data files and site by path. It is safe for concurrent use.
type Server struct {
	opts  Options
	cat   *catalog
	moved string

	mu     sync.Mutex // guards everything below
	st     *state
	log    []Request
	faults []*fault
	meters map[string]*meter
	locks  map[int64]*writeLock
	unsave error
}

// New reads the state file, if one is named, and prepares the server; nothing runs until it is served.
func New(o Options) (*Server, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.User == "" {
		o.User = "sandbox"
	}
	if o.ApproveAfter == 0 {
		o.ApproveAfter = 3 * time.Second
	}
	if o.GETsPerSecond == 0 {
		o.GETsPerSecond = 10
	}
	if o.POSTsPerSecond == 0 {
		o.POSTsPerSecond = 1
	}
	if o.BlockFor == 0 {
		o.BlockFor = time.Minute
	}
	read := builtin
	if o.Catalog != nil {
		read = func() (*catalog, error) { return readCatalog(o.Catalog) }
	}
	cat, err := read()
	if err != nil {
		return nil, err
	}
	st, moved, err := loadState(o.StateFile, o.Now())
	if err != nil {
		return nil, err
	}
	s := &Server{opts: o, cat: cat, moved: moved, st: st, meters: map[string]*meter{}, locks: map[int64]*writeLock{}}
	s.addUser(o.User, o.Plan, o.Zone)
	return s, nil
}

// DamagedState is the name under which an unreadable state file was kept; empty when there was none.
func (s *Server) DamagedState() string { return s.moved }

// Serve answers requests on ln until ctx ends, then lets the calls in flight finish for a second.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	srv := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	done := make(chan error, 1) // one result; the goroutine ends when Shutdown or Close ends Serve
	go func() { done <- srv.Serve(ln) }()
	select {
	case err := <-done:
		return fmt.Errorf("serve sandbox: %w", err)
	case <-ctx.Done():
	}
	quiet, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if err := srv.Shutdown(quiet); err != nil {
		_ = srv.Close() // a call that did not end in time is cut, as a stopped server's are
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve sandbox: %w", err)
	}
	return nil
}

// AddUser makes another account, or changes the plan and zone of one that exists, and gives its number.
func (s *Server) AddUser(name, plan, zone string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addUser(name, plan, zone).ID
}

func (s *Server) addUser(name, plan, zone string) *user {
	u := s.st.userByName(name)
	if u == nil {
		u = &user{ID: int64(51 + len(s.st.Users)), Name: name, Plan: PlanFree, Zone: "America/New_York", Joined: stamp(s.opts.Now())}
		u.fill()
		s.st.Users = append(s.st.Users, u)
	}
	if plan != "" {
		u.Plan = plan
	}
	if zone != "" {
		u.Zone = zone
	}
	return u
}

// SetPlan changes what an account has paid for: PlanFree, PlanPro or PlanVIP.
func (s *Server) SetPlan(name, plan string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.st.userByName(name); u != nil && u.Plan != plan {
		u.Plan = plan
		u.touch("settings", "all", stamp(s.opts.Now()))
		s.save()
	}
}

// SetPrivate hides an account's statistics from others, or shows them (2.3).
func (s *Server) SetPrivate(name string, private bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u := s.st.userByName(name); u != nil {
		u.Private = private
		s.save()
	}
}

// LinkToken gives a token of the app for the user, made if the user is new, as if it had logged in. A V2 app gets the
// access token of a grant that may read and write.
func (s *Server) LinkToken(clientID, name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.addUser(name, "", "")
	defer s.save()
	if isV2(clientID) {
		return s.grantV2(clientID, u.ID, scopeBoth, s.opts.Now()).Access
	}
	return s.grantV1(clientID, u.ID)
}

// LinkPair is LinkToken for a V2 app, with the refresh token.
func (s *Server) LinkPair(clientID, name string) (access, refresh string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.save()
	g := s.grantV2(clientID, s.addUser(name, "", "").ID, scopeBoth, s.opts.Now())
	return g.Access, g.Refresh
}

// Revoke ends a token, V1 or either half of a V2 grant, as the user does in the settings of the site.
func (s *Server) Revoke(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoke(token)
	s.save()
}

// Approve lets the login with this user code go through now. It says whether there is such a login.
func (s *Server) Approve(userCode string) bool { return s.ApproveAs(userCode, s.opts.User) }

// ApproveAs is Approve for another account, made if it is new.
func (s *Server) ApproveAs(userCode, name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.approve(userCode, s.addUser(name, "", ""), s.opts.Now())
	s.save()
	return p != nil
}

// StateError is the last failure to write the state file, nil when the last write went well.
func (s *Server) StateError() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unsave
}

// save writes the state if it has a file. A failure cannot be answered to a client, whose call was done; it is kept for
// StateError.
func (s *Server) save() {
	if s.opts.StateFile != "" {
		s.unsave = s.st.save(s.opts.StateFile)
	}
}

// Watched is one row of a user's history, for proofs.
type Watched struct {
	User        string    `json:"user"`
	Kind        string    `json:"kind"` // movie, tv or anime
	Title       string    `json:"title"`
	Year        int       `json:"year"`
	Season      int       `json:"season,omitempty"`
	Episode     int       `json:"episode,omitempty"`
	TVDBSeason  int       `json:"tvdb_season,omitempty"`
	TVDBEpisode int       `json:"tvdb_episode,omitempty"`
	Simkl       int64     `json:"simkl"`
	WatchedAt   time.Time `json:"watched_at"`
	Via         string    `json:"via"` // scrobble, history, extrapolated or checkin
	RewatchID   int64     `json:"rewatch_id,omitempty"`
	seq         int64
}

// History lists everything that was watched by all users, in the order in which it was recorded.
func (s *Server) History() []Watched {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Watched{}
	for _, u := range s.st.Users {
		s.mature(u, s.opts.Now())
		out = append(out, s.historyOf(u)...)
	}
	return inOrder(out)
}

// historyOf lists a user's watches and rewatches in the order in which they were recorded.
func (s *Server) historyOf(u *user) []Watched {
	out := []Watched{}
	for _, e := range u.Entries {
		for ep, w := range e.Watches {
			out = append(out, s.watched(u, e.Simkl, ep, w, 0))
		}
		for _, r := range e.Rewatches {
			for ep, w := range r.Watches {
				out = append(out, s.watched(u, e.Simkl, ep, w, r.ID))
			}
		}
	}
	return inOrder(out)
}

func inOrder(w []Watched) []Watched {
	slices.SortFunc(w, func(a, b Watched) int { return cmp.Compare(a.seq, b.seq) })
	return w
}

func (s *Server) watched(u *user, simkl int64, ep episodeKey, w watch, rewatch int64) Watched {
	out := Watched{User: u.Name, Simkl: simkl, Season: ep.Season, Episode: ep.Number, WatchedAt: w.At, Via: w.Via, RewatchID: rewatch, seq: w.Seq}
	if t := s.cat.byID[simkl]; t != nil {
		out.Kind, out.Title, out.Year = t.Kind, t.Title, t.Year
		at, _ := t.toTVDB(ep)
		out.TVDBSeason, out.TVDBEpisode = at.Season, at.Number
	}
	return out
}

// Playback is a saved resume point of a user.
type Playback struct {
	ID       int64     `json:"id"`
	Simkl    int64     `json:"simkl"`
	Title    string    `json:"title"`
	Season   int       `json:"season,omitempty"`
	Episode  int       `json:"episode,omitempty"`
	Progress float64   `json:"progress"`
	PausedAt time.Time `json:"paused_at"`
}

// Playbacks lists the resume points of a user, newest first, watched or not.
func (s *Server) Playbacks(name string) []Playback {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []Playback{}
	u := s.st.userByName(name)
	if u == nil {
		return out
	}
	s.prune(u, s.opts.Now())
	for _, p := range u.newestPlaybacks() {
		out = append(out, Playback{
			ID: p.ID, Simkl: p.Simkl, Title: s.name(p.Simkl), Season: p.Episode.Season, Episode: p.Episode.Number,
			Progress: p.Progress, PausedAt: p.Paused,
		})
	}
	return out
}

// Watching is what a user is watching at this moment.
type Watching struct {
	User     string  `json:"user"`
	Simkl    int64   `json:"simkl"`
	Title    string  `json:"title"`
	Season   int     `json:"season,omitempty"`
	Episode  int     `json:"episode,omitempty"`
	Progress float64 `json:"progress"` // advanced by the clock since the call
	CheckIn  bool    `json:"check_in,omitempty"`
}

// WatchingNow says what the user is watching; false when nothing is shown.
func (s *Server) WatchingNow(name string) (Watching, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.st.userByName(name)
	if u == nil {
		return Watching{}, false
	}
	return s.watchingNow(u, s.opts.Now())
}

func (s *Server) watchingNow(u *user, now time.Time) (Watching, bool) {
	s.mature(u, now)
	if u.Active == nil || !now.Before(s.ends(u.Active)) {
		return Watching{}, false
	}
	a := u.Active
	return Watching{
		User: u.Name, Simkl: a.Simkl, Title: s.name(a.Simkl), Season: a.Episode.Season, Episode: a.Episode.Number,
		Progress: round2(s.progress(a, now)), CheckIn: a.CheckIn,
	}, true
}

func (s *Server) name(simkl int64) string {
	if t := s.cat.byID[simkl]; t != nil {
		return t.Title
	}
	return ""
}

// isV2 tells the generation of an app from its id: this server's own convention.
func isV2(clientID string) bool { return strings.HasPrefix(strings.ToLower(clientID), "v2") }

// stamp is a time as the service stores it: UTC and whole seconds.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
