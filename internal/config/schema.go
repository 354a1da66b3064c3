package config

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// setting is one key outside the arrays of tables. Its value can come from the file (as TOML decodes it) and from the
// environment (as text).
type setting struct {
	name string // "scrobble.start_after"
	// set converts, checks and stores a value of the file.
	set func(c *Config, v any, env *surroundings) *problem
	// parse turns the text of an environment variable into a value for set.
	parse func(text string) any
	// show is the value as TOML writes it.
	show func(c *Config) string
}

// surroundings are what values may depend on.
type surroundings struct{ home string }

// problem is what is wrong with a value, in words. index is the element of a list that is meant, -1 for the whole.
type problem struct {
	what, do string
	index    int
}

func wrong(what, do string) *problem { return &problem{what: what, do: do, index: -1} }

// The arrays of tables. They cannot be set in the environment.
const (
	keyRules = "matcher.rules"
	keyVLC   = "players.vlc"
)

// settings are all keys of product.md 4 in its order.
func settings() []setting {
	return []setting{
		text("simkl.client_id", func(c *Config) *string { return &c.Simkl.ClientID }, checkClientID),
		text("simkl.client_secret_file", func(c *Config) *string { return &c.Simkl.ClientSecretFile }, checkFile),
		text("simkl.api_url", func(c *Config) *string { return &c.Simkl.APIURL }, checkSimklURL),
		text("simkl.data_url", func(c *Config) *string { return &c.Simkl.DataURL }, checkSimklURL),
		text("simkl.site_url", func(c *Config) *string { return &c.Simkl.SiteURL }, checkSimklURL),
		text("simkl.image_url", func(c *Config) *string { return &c.Simkl.ImageURL }, orEmpty(checkSimklURL)),
		text("simkl.proxy", func(c *Config) *string { return &c.Simkl.Proxy }, orEmpty(checkProxy)),
		span("simkl.timeout", func(c *Config) *time.Duration { return &c.Simkl.Timeout }, time.Second, 5*time.Minute),
		span("scrobble.start_after", func(c *Config) *time.Duration { return &c.Scrobble.StartAfter }, 0, time.Hour),
		span("scrobble.pause_after", func(c *Config) *time.Duration { return &c.Scrobble.PauseAfter }, 0, time.Hour),
		span("scrobble.min_duration", func(c *Config) *time.Duration { return &c.Scrobble.MinDuration }, 0, 24*time.Hour),
		number("scrobble.min_played_percent", func(c *Config) *int { return &c.Scrobble.MinPlayedPercent }, 0, 100),
		choice("scrobble.rewatch", func(c *Config) *string { return &c.Scrobble.Rewatch }, RewatchOff, RewatchAsk, RewatchAuto),
		choice("scrobble.resume", func(c *Config) *string { return &c.Scrobble.Resume }, ResumeOff, ResumeOffer, ResumeSeek),
		span("queue.live_max_age", func(c *Config) *time.Duration { return &c.Queue.LiveMaxAge }, 0, 7*24*time.Hour),
		list("matcher.library", func(c *Config) *[]string { return &c.Matcher.Library }, checkFolder),
		list("matcher.include", func(c *Config) *[]string { return &c.Matcher.Include }, checkPlace),
		list("matcher.exclude", func(c *Config) *[]string { return &c.Matcher.Exclude }, checkPlace),
		boolean("players.mpv.enabled", func(c *Config) *bool { return &c.Players.MPV.Enabled }),
		list("players.mpv.sockets", func(c *Config) *[]string { return &c.Players.MPV.Sockets }, checkSocket),
		choice("players.mpv.osd", func(c *Config) *string { return &c.Players.MPV.OSD }, OSDOff, OSDNeedsYou, OSDAll),
		boolean("players.mpris.enabled", func(c *Config) *bool { return &c.Players.MPRIS.Enabled }),
		text("players.mpris.address", func(c *Config) *string { return &c.Players.MPRIS.Address }, orEmpty(checkBus)),
		list("players.mpris.allow", func(c *Config) *[]string { return &c.Players.MPRIS.Allow }, checkName),
		list("players.mpris.deny", func(c *Config) *[]string { return &c.Players.MPRIS.Deny }, checkName),
		boolean("notify.enabled", func(c *Config) *bool { return &c.Notify.Enabled }),
		boolean("notify.watched", func(c *Config) *bool { return &c.Notify.Watched }),
		boolean("notify.not_counted", func(c *Config) *bool { return &c.Notify.NotCounted }),
		boolean("notify.not_recognised", func(c *Config) *bool { return &c.Notify.NotRecognised }),
		boolean("notify.login", func(c *Config) *bool { return &c.Notify.Login }),
		list("hooks.on_watched", func(c *Config) *[]string { return &c.Hooks.OnWatched }, checkName),
		list("hooks.on_unmatched", func(c *Config) *[]string { return &c.Hooks.OnUnmatched }, checkName),
		boolean("dashboard.enabled", func(c *Config) *bool { return &c.Dashboard.Enabled }),
		text("dashboard.listen", func(c *Config) *string { return &c.Dashboard.Listen }, checkLoopback),
		choice("log.level", func(c *Config) *string { return &c.Log.Level }, "debug", "info", "warn", "error"),
	}
}

// check refuses or normalises the text of a value.
type check func(value string, env *surroundings) (string, *problem)

func text(name string, field func(*Config) *string, checks check) setting {
	return setting{
		name: name,
		set: func(c *Config, v any, env *surroundings) *problem {
			s, p := asText(name, v)
			if p == nil {
				s, p = checks(s, env)
			}
			if p == nil {
				*field(c) = s
			}
			return p
		},
		parse: func(text string) any { return text },
		show: func(c *Config) string {
			if name == "simkl.proxy" {
				return quote(hidePassword(*field(c)))
			}
			return quote(*field(c))
		},
	}
}

func choice(name string, field func(*Config) *string, words ...string) setting {
	return text(name, field, func(s string, _ *surroundings) (string, *problem) {
		if slices.Contains(words, s) {
			return s, nil
		}
		return "", wrong(name+" is "+quote(s)+", must be "+oneOf(words), meant(s, words, "choose one of these"))
	})
}

func boolean(name string, field func(*Config) *bool) setting {
	return setting{
		name: name,
		set: func(c *Config, v any, _ *surroundings) *problem {
			b, p := asBool(name, v)
			if p == nil {
				*field(c) = b
			}
			return p
		},
		parse: func(text string) any {
			switch strings.ToLower(text) {
			case "true", "1", "yes", "on":
				return true
			case "false", "0", "no", "off":
				return false
			}
			return text
		},
		show: func(c *Config) string { return strconv.FormatBool(*field(c)) },
	}
}

func number(name string, field func(*Config) *int, lowest, highest int) setting {
	return setting{
		name: name,
		set: func(c *Config, v any, _ *surroundings) *problem {
			n, p := asNumber(name, v, int64(lowest), int64(highest))
			if p == nil {
				*field(c) = int(n)
			}
			return p
		},
		parse: parseNumber,
		show:  func(c *Config) string { return strconv.Itoa(*field(c)) },
	}
}

func span(name string, field func(*Config) *time.Duration, lowest, highest time.Duration) setting {
	return setting{
		name: name,
		set: func(c *Config, v any, _ *surroundings) *problem {
			d, p := asSpan(name, v, lowest, highest)
			if p == nil {
				*field(c) = d
			}
			return p
		},
		parse: func(text string) any { return text },
		show:  func(c *Config) string { return quote(showSpan(*field(c))) },
	}
}

func list(name string, field func(*Config) *[]string, checks check) setting {
	return setting{
		name: name,
		set: func(c *Config, v any, env *surroundings) *problem {
			l, p := asList(name, v, checks, env)
			if p == nil {
				*field(c) = l
			}
			return p
		},
		parse: splitList,
		show:  func(c *Config) string { return quoteList(*field(c)) },
	}
}

// splitList reads a list from the environment: one entry a line where there are line breaks, else separated by commas.
// Blanks around an entry and empty entries do not count.
func splitList(text string) any {
	sep := ","
	if strings.Contains(text, "\n") {
		sep = "\n"
	}
	entries := []any{}
	for entry := range strings.SplitSeq(text, sep) {
		if entry = strings.TrimSpace(entry); entry != "" {
			entries = append(entries, entry)
		}
	}
	return entries
}

func parseNumber(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	return text
}
