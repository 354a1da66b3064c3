// Package simkl is a client of the Simkl API: typed requests and answers, authorization of both generations, and the
// limits of the service kept over all processes of a user.
//
//	l, err := limits.Open(limits.Config{Dir: dir, Server: api, Account: account, Client: clientID})
//	c, err := simkl.New(simkl.Config{ClientID: clientID, AppName: ..., Tokens: store, Limits: l, Log: log})
//	grant, err := c.Authorize(ctx, show)                     // link an account
//	answer, err := c.Start(ctx, simkl.Scrobble{...})         // also Pause, Stop, Checkin
//	ctx = simkl.WithPriority(ctx, limits.Finished)           // Live when not said, Typed for commands
//	result, err := c.AddHistory(ctx, []simkl.HistoryItem{…}) // also RemoveHistory
//
// It owns the form of every request and answer (simkl-api.md), what every request carries, the access token between
// two refreshes, and the meaning of a failure (Class). It promises: each call ends within its time limit or with its
// context; answers are bounded; no redirect is followed, so that a token never reaches another host; there are no
// cookies; without TLS only a loopback address is spoken to; secrets are masked in every log and error. It repeats a call on its own in two
// cases only: with a renewed token, and after the write lock for what the user typed.
//
// It must not know players, queues, files other than those of limits, or how anything is shown.
package simkl
