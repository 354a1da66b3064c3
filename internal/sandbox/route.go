package sandbox

import (
	"net/http"
	"strings"
)

// endpoint says who may call a path and what it costs.
type endpoint struct {
	handle func(*Server, *call) response
	// user: needs a user's token under V1 too. oauth: an authorization call, form or JSON. cached: the edge-cached
	// catalog. free: counted in no limit. write: under the user's lock. scrobble: needs media:write even on GET.
	// saves: a GET that changes the state. data: a plain file. site: a page for people, outside the API.
	user, oauth, cached, free, write, scrobble, saves, data, site bool
}

// route finds the endpoint of a path (sections 3 to 11).
func route(method, path string) (endpoint, bool) {
	seg := strings.Split(strings.Trim(path, "/"), "/")
	get, post := method == http.MethodGet || method == http.MethodHead, method == http.MethodPost
	switch seg[0] {
	case "", "pin", "sandbox", ".well-known":
		return routeSite(seg, get, post)
	case "oauth":
		return routeV1(seg, get, post)
	case "oauth2":
		return routeV2(seg, get, post)
	case "scrobble":
		return routeScrobble(seg, post)
	case "sync":
		return routeSync(seg, method)
	case "users":
		return routeUsers(seg, get, post)
	case "search":
		return routeSearch(seg, get, post)
	case "redirect":
		return endpoint{handle: (*Server).redirect, free: true}, get && len(seg) == 1
	case "movies", "tv", "anime":
		return routeDetails(seg, get)
	case "discover", "calendar":
		return endpoint{handle: (*Server).dataFile, data: true, free: true, cached: true}, get
	case "posters", "fanart":
		return endpoint{handle: (*Server).picture, site: true}, get
	}
	if get && strings.HasSuffix(path, ".json") {
		return endpoint{handle: (*Server).dataFile, data: true, free: true, cached: true}, true // a file that is not there
	}
	return endpoint{}, false
}

func routeSite(seg []string, get, post bool) (endpoint, bool) {
	path := strings.Join(seg, "/")
	switch {
	case path == "" && get:
		return endpoint{handle: (*Server).frontPage, site: true}, true
	case path == "pin" && (get || post):
		return endpoint{handle: (*Server).pinPage, site: true}, true
	case path == "sandbox/history" && get:
		return endpoint{handle: (*Server).historyJSON, site: true}, true
	case path == "sandbox/requests" && get:
		return endpoint{handle: (*Server).requestsJSON, site: true}, true
	case path == "sandbox/watching" && get:
		return endpoint{handle: (*Server).watchingJSON, site: true}, true
	case path == ".well-known/oauth-authorization-server" && get:
		return endpoint{handle: (*Server).discovery, site: true}, true
	}
	return endpoint{}, false
}

func routeV1(seg []string, get, post bool) (endpoint, bool) {
	switch {
	case len(seg) == 2 && seg[1] == "pin" && get:
		return endpoint{handle: (*Server).newPin, oauth: true, saves: true}, true
	case len(seg) == 3 && seg[1] == "pin" && get:
		return endpoint{handle: (*Server).pollPin, oauth: true, saves: true}, true
	case len(seg) == 2 && seg[1] == "token" && post:
		return endpoint{handle: (*Server).tokenV1, oauth: true}, true
	case len(seg) == 2 && seg[1] == "authorize" && (get || post):
		return endpoint{handle: (*Server).authorizeV1, site: true}, true
	}
	return endpoint{}, false
}

func routeV2(seg []string, get, post bool) (endpoint, bool) {
	if len(seg) != 2 {
		return endpoint{}, false
	}
	switch {
	case seg[1] == "device" && post:
		return endpoint{handle: (*Server).device, oauth: true}, true
	case seg[1] == "token" && post:
		return endpoint{handle: (*Server).tokenV2, oauth: true}, true
	case seg[1] == "revoke" && post:
		return endpoint{handle: (*Server).revokeV2, oauth: true}, true
	case seg[1] == "authorize" && (get || post):
		return endpoint{handle: (*Server).authorizeV2, site: true}, true
	}
	return endpoint{}, false
}

func routeScrobble(seg []string, post bool) (endpoint, bool) {
	if len(seg) != 2 || !post {
		return endpoint{}, false
	}
	e := endpoint{user: true, write: true, scrobble: true}
	switch seg[1] {
	case "start":
		e.handle = (*Server).start
	case "pause":
		e.handle = (*Server).pause
	case "stop":
		e.handle = (*Server).stop
	case "checkin":
		e.handle = (*Server).checkin
	default:
		return endpoint{}, false
	}
	return e, true
}

func routeSync(seg []string, method string) (endpoint, bool) {
	if len(seg) < 2 {
		return endpoint{}, false
	}
	get, post := method == http.MethodGet || method == http.MethodHead, method == http.MethodPost
	switch rest := strings.Join(seg[1:], "/"); {
	case rest == "activities" && (get || post):
		return endpoint{handle: (*Server).activities, user: true}, true
	case seg[1] == "playback" && len(seg) <= 3 && method == http.MethodDelete:
		return endpoint{handle: (*Server).deletePlayback, user: true, write: true}, true
	case seg[1] == "playback" && len(seg) <= 3:
		return endpoint{handle: (*Server).listPlayback, user: true}, true
	case rest == "history" && post:
		return endpoint{handle: (*Server).addHistory, user: true, write: true}, true
	case rest == "history/remove" && post:
		return endpoint{handle: (*Server).removeHistory, user: true, write: true}, true
	case rest == "add-to-list" && post:
		return endpoint{handle: (*Server).addToList, user: true, write: true}, true
	case rest == "ratings" && post:
		return endpoint{handle: (*Server).addRatings, user: true, write: true}, true
	case rest == "ratings/remove" && post:
		return endpoint{handle: (*Server).removeRatings, user: true, write: true}, true
	case seg[1] == "ratings" && len(seg) <= 4 && get:
		return endpoint{handle: (*Server).ratings, user: true}, true
	case seg[1] == "all-items" && len(seg) <= 4 && get:
		return endpoint{handle: (*Server).allItems, user: true}, true
	case rest == "watched" && post:
		return endpoint{handle: (*Server).askWatched, user: true}, true
	}
	return endpoint{}, false
}

func routeUsers(seg []string, get, post bool) (endpoint, bool) {
	switch {
	case len(seg) == 2 && seg[1] == "settings" && (get || post):
		return endpoint{handle: (*Server).settings, user: true}, true
	case len(seg) == 3 && seg[2] == "stats" && (get || post):
		return endpoint{handle: (*Server).stats}, true
	}
	return endpoint{}, false
}

func routeSearch(seg []string, get, post bool) (endpoint, bool) {
	switch {
	case len(seg) != 2:
		return endpoint{}, false
	case seg[1] == "file" && post:
		return endpoint{handle: (*Server).searchFile}, true
	case seg[1] == "id" && get:
		return endpoint{handle: (*Server).searchID}, true
	case seg[1] != "file" && get:
		return endpoint{handle: (*Server).searchText}, true
	}
	return endpoint{}, false
}

func routeDetails(seg []string, get bool) (endpoint, bool) {
	e := endpoint{cached: true, free: true}
	switch {
	case !get || len(seg) < 2:
		return endpoint{}, false
	case seg[0] != "movies" && seg[1] == "episodes" && len(seg) <= 3:
		e.handle = (*Server).episodes
	case len(seg) == 2:
		e.handle = (*Server).detail
	default:
		return endpoint{}, false
	}
	return e, true
}
