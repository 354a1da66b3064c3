package simkl

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/simkl/limits"
)

const (
	laterDo = "try again later"
	loginDo = "run '" + about.Name + " login'"
)

// words are what a person is told of each class. Held and Saved have a time and are told by Explain itself, and so are
// the causes of Unreachable.
var words = map[Class]fault.Error{
	Foreign:     {Kind: fault.Unreachable, What: "something other than Simkl answered", Do: "if this network asks for a log-in, open a web page first"},
	Locked:      {Kind: fault.Failed, What: "Simkl is busy with another change to this account", Do: "try again in half a minute"},
	Refused:     {Kind: fault.Failed, What: "Simkl did not accept the request"},
	TooMany:     {Kind: fault.Failed, What: "that is too much for one request to Simkl", Do: "ask for less at a time"},
	Login:       {Kind: fault.Account, What: "Simkl no longer accepts this account's token", Do: loginDo},
	WrongClient: {Kind: fault.Usage, What: "Simkl does not accept this client_id", Do: "check client_id at https://simkl.com/settings/developer"},
	NoMatch:     {Kind: fault.NotFound, What: "Simkl does not know this title", Do: "name it by an id: '" + about.Name + " fix --simkl ID'"},
	Gone:        {Kind: fault.NotFound, What: "Simkl has no such thing"},
	Already:     {Kind: fault.Failed, What: "Simkl has this watch already"},
	Blocked:     {Kind: fault.Unreachable, What: "Simkl refuses our requests for now: there were too many, or it does not know the client_id", Do: laterDo + ", and check client_id"},
	Busy:        {Kind: fault.Unreachable, What: "Simkl asks for fewer requests in a second", Do: "try again"},
	DailyLimit:  {Kind: fault.Unreachable, What: "the requests that Simkl allows in a day are used up", Do: "try again after midnight in New York"},
	Overloaded:  {Kind: fault.Unreachable, What: "Simkl is overloaded", Do: laterDo},
	ServerError: {Kind: fault.Unreachable, What: "Simkl has a fault of its own", Do: laterDo},
	Unknown:     {Kind: fault.Failed, What: "Simkl refused the request", Do: laterDo},
	Saved:       {Kind: fault.Unreachable, What: "the last requests of the day are kept for finished watches", Do: "try again after midnight in New York"},
}

const (
	reportDo   = "see '" + about.Name + " requests', and report it"
	registerDo = "check client_id and client_secret_file at https://simkl.com/settings/developer"
)

// codeWords are what a person is told of the errors of simkl-api.md 14 that say more than their class does. A code stands
// in lower case.
var codeWords = map[string]fault.Error{
	"empty_field":           {Kind: fault.Failed, What: "Simkl misses something in the request", Do: reportDo},
	"wrong_parameter":       {Kind: fault.Failed, What: "Simkl does not take a value of the request", Do: reportDo},
	"empty_id":              {Kind: fault.Failed, What: "Simkl misses the number of a title", Do: reportDo},
	"url_failed":            {Kind: fault.Failed, What: "Simkl has no such address", Do: reportDo},
	"unauthorized_client":   {Kind: fault.Usage, What: "this client_id is of a V2 app, which Simkl did not take as it is", Do: "a \"server\" app needs client_secret_file; " + registerDo},
	"invalid_client":        {Kind: fault.Usage, What: "Simkl does not know this client_id, or not with this secret", Do: registerDo},
	"secret_error":          {Kind: fault.Usage, What: "Simkl does not accept the client secret", Do: "check client_secret_file"},
	"redirect_failed":       {Kind: fault.Usage, What: "Simkl does not accept the address to which the browser comes back", Do: "take the redirect address out of the app at https://simkl.com/settings/developer, or leave --browser out"},
	"grant_error":           {Kind: fault.Account, What: "the code of this login was used already or is too old", Do: loginDo + " again"},
	"user_token_required":   {Kind: fault.Account, What: "Simkl wants an account for this", Do: loginDo},
	"insufficient_scope":    {Kind: fault.Account, What: "the account is linked for reading only", Do: loginDo},
	"oauth2_token_required": {Kind: fault.Account, What: "Simkl has this for V2 apps only", Do: loginDo + " with the client_id of a V2 app"},
	"forbidden":             {Kind: fault.Failed, What: "Simkl does not let this account do that", Do: "look at it on simkl.com"},
	"private_list":          {Kind: fault.Failed, What: "that list is private", Do: "look at it on simkl.com"},
	"private_profile":       {Kind: fault.Failed, What: "that profile is private", Do: "look at it on simkl.com"},
	"empty":                 {Kind: fault.NotFound, What: "Simkl has no resume point with that number", Do: "'" + about.Name + " playback list' has their numbers"},
	"user_limit_exceeded":   {Kind: fault.Unreachable, What: "the requests that Simkl allows this account in a day are used up", Do: "try again after midnight in New York"},
	"app_limit_exceeded":    {Kind: fault.Unreachable, What: "the requests that Simkl allows this client_id in a day, of all who use it, are used up", Do: "try again after midnight in New York"},
}

// wordsOf are what a person is told of an error: by its code where that says more, else by its class.
func wordsOf(class Class, e *Error) fault.Error {
	if e != nil {
		// The same code means two things where the statuses differ (rate_limit); those are told by class.
		if w, ok := codeWords[strings.ToLower(e.Code)]; ok && class != Unknown && class != Foreign && class != ServerError {
			return w
		}
	}
	return words[class]
}

// Explain puts a failure into words for a person, with the time where there is one, in the zone of now. No text of a
// library is in it, and of the server's text only
// its reason for a refusal, short and safe. Errors of other packages come back as they are.
func Explain(err error, now time.Time) error {
	if hold, ok := errors.AsType[*HoldError](err); ok {
		return explainHold(hold, err, now)
	}
	if errors.Is(err, ErrNotApproved) {
		return fault.Wrap(fault.Account, err, "nobody approved the login in time", loginDo+" again")
	}
	if errors.Is(err, ErrDenied) {
		return fault.Wrap(fault.Account, err, "the login was refused in the browser, nothing was changed", loginDo+" again")
	}
	class := ClassOf(err)
	if class == "" {
		return err
	}
	e, _ := errors.AsType[*Error](err)
	if class == Unreachable {
		return fault.Wrap(fault.Unreachable, err, fmt.Sprintf("Simkl cannot be reached (%s)", e.Cause), "check the network, or "+laterDo)
	}
	w := wordsOf(class, e)
	out := fault.Wrap(w.Kind, err, w.What, w.Do)
	switch {
	case errors.Is(err, errNotLinked):
		out.What = "no account is linked"
	case e == nil:
	case e.RetryAfter > time.Second && w.Kind == fault.Unreachable:
		out.Do = "try again at " + clock(now.Add(e.RetryAfter), now)
	case class == Refused || class == Unknown:
		if e.Message != "" {
			out.What += " (" + short(e.Message) + ")"
		}
	}
	return out
}

func explainHold(hold *HoldError, err error, now time.Time) error {
	what := map[limits.Reason]string{
		limits.Blocked:    "Simkl holds us off: there were too many requests, or it does not know the client_id",
		limits.Daily:      "the requests that Simkl allows in a day are used up",
		limits.Overloaded: "Simkl is overloaded and asked us to wait",
	}[hold.Reason]
	return fault.Wrap(fault.Unreachable, err, what, "try again at "+clock(hold.Until, now))
}

// clock is a time of day in the zone of now, with the day where it is not today's.
func clock(t, now time.Time) string {
	t = t.In(now.Location()).Add(time.Minute - time.Nanosecond) // rounded up: at the minute it says, it is over
	if t.Format(time.DateOnly) == now.Format(time.DateOnly) {
		return t.Format("15:04")
	}
	return t.Format("15:04 on 2 January")
}

// short bounds a server's prose to what fits into a line.
func short(s string) string {
	const most = 120
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	return string(runes[:most]) + "…"
}
