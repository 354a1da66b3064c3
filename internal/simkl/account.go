package simkl

import (
	"context"
	"encoding/json"
	"net/http"
)

// Activities says when each part of an account last changed. The times are Simkl's own text, to be given back byte for
// byte (simkl-api.md 2.1); empty is never.
type Activities struct {
	All      string
	Settings string
	Shows    Activity
	Anime    Activity
	Movies   Activity
}

// Activity says when each list of a kind last changed.
type Activity struct {
	All, Rated, Playback, PlanToWatch, Watching, Completed, Hold, Dropped, Removed string
}

// Activities asks what changed. It is the one call that may be asked from time to time (simkl-api.md 7.1).
func (c *Client) Activities(ctx context.Context) (Activities, error) {
	r := request{method: http.MethodGet, base: c.api, path: "/sync/activities"}
	a, err := c.do(ctx, r)
	if err != nil {
		return Activities{}, err
	}
	type block struct {
		All         text `json:"all"`
		Rated       text `json:"rated_at"`
		Playback    text `json:"playback"`
		PlanToWatch text `json:"plantowatch"`
		Watching    text `json:"watching"`
		Completed   text `json:"completed"`
		Hold        text `json:"hold"`
		Dropped     text `json:"dropped"`
		Removed     text `json:"removed_from_list"`
	}
	var in struct {
		All      json.RawMessage `json:"all"`
		Settings object[block]   `json:"settings"`
		Shows    object[block]   `json:"tv_shows"`
		Anime    object[block]   `json:"anime"`
		Movies   object[block]   `json:"movies"`
	}
	ok := func() bool { return in.All != nil || in.Movies.value != nil || in.Shows.value != nil }
	if err := a.decode(r, &in, ok); err != nil {
		return Activities{}, err
	}
	of := func(b block) Activity {
		return Activity{
			All: string(b.All), Rated: string(b.Rated), Playback: string(b.Playback), PlanToWatch: string(b.PlanToWatch),
			Watching: string(b.Watching), Completed: string(b.Completed), Hold: string(b.Hold), Dropped: string(b.Dropped),
			Removed: string(b.Removed),
		}
	}
	var all text
	if in.All != nil {
		_ = all.UnmarshalJSON(in.All) // it takes any value
	}
	return Activities{
		All: string(all), Settings: string(in.Settings.get().All),
		Shows: of(in.Shows.get()), Anime: of(in.Anime.get()), Movies: of(in.Movies.get()),
	}, nil
}

// Settings is the account.
type Settings struct {
	// ID is the number of the account, Name what the person calls herself there.
	ID   int64
	Name string
	// Plan is "free", "pro" or "vip", Zone the name of the person's time zone.
	Plan, Zone string
}

// Settings asks whose account this is. It is to be asked again only when Activities.Settings moved.
func (c *Client) Settings(ctx context.Context) (Settings, error) {
	r := request{method: http.MethodGet, base: c.api, path: "/users/settings"}
	a, err := c.do(ctx, r)
	if err != nil {
		return Settings{}, err
	}
	type user struct {
		Name text `json:"name"`
	}
	type account struct {
		ID   integer `json:"id"`
		Zone text    `json:"timezone"`
		Type text    `json:"type"`
	}
	var in struct {
		User    object[user]    `json:"user"`
		Account object[account] `json:"account"`
	}
	if err := a.decode(r, &in, func() bool { return in.Account.value != nil || in.User.value != nil }); err != nil {
		return Settings{}, err
	}
	acc := in.Account.get()
	return Settings{ID: acc.ID.int64(), Name: string(in.User.get().Name), Plan: string(acc.Type), Zone: string(acc.Zone)}, nil
}
