package sandbox

import (
	"html"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// consent is the page of a browser login (3.3, 3.5): a person allows or refuses, and who does neither is taken to allow it
// when a login approves itself. A client that takes no HTML is a script, for which the account allows at once.
type consent struct {
	// allow and deny give where the browser is sent.
	allow, deny func() string
}

func (s *Server) consent(c *call, a consent) response {
	decision := c.query.Get("decision")
	if c.r.Method == http.MethodPost {
		decision = c.form().Get("decision")
	}
	switch {
	case decision == "deny":
		return sendTo(c, a.deny())
	case decision == "allow", !takesHTML(c.r):
		return sendTo(c, a.allow())
	}
	again := maps.Clone(c.query)
	again.Set("decision", "allow")
	refresh := ""
	if s.opts.ApproveAfter >= 0 {
		wait := int(max(time.Second, s.opts.ApproveAfter) / time.Second)
		refresh = `<meta http-equiv="refresh" content="` + strconv.Itoa(wait) + `;url=` + html.EscapeString(c.r.URL.Path+"?"+again.Encode()) + `">`
	}
	return page(http.StatusOK, "Allow an app", refresh+`<h1>Allow `+html.EscapeString(c.query.Get("client_id"))+`?</h1>
<p>This app wants to read and change what `+html.EscapeString(s.opts.User)+` watches.</p>
<form method="post"><button name="decision" value="allow" id="allow">Allow</button> <button name="decision" value="deny" id="deny">Deny</button></form>`)
}

// sendTo sends the browser elsewhere; after a form it asks there with a GET.
func sendTo(c *call, where string) response {
	status := http.StatusFound
	if c.r.Method == http.MethodPost {
		status = http.StatusSeeOther
	}
	return response{status: status}.with("Location", where).with("Cache-Control", "no-store")
}

func takesHTML(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

// page makes a page for browsers. Foreign text in it must be escaped.
func page(status int, title, body string) response {
	return response{status: status, body: []byte(`<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>` + title +
		`</title></head><body>` + body + "</body></html>\n")}.with("Content-Type", "text/html; charset=utf-8").with("Cache-Control", "no-store")
}

// authorizeV1 is the consent page of V1. A refusal goes to the front page, not back (3.3).
func (s *Server) authorizeV1(c *call) response {
	client, back := c.query.Get("client_id"), c.query.Get("redirect_uri")
	target, err := url.Parse(back)
	method := c.query.Get("code_challenge_method")
	if method == "" {
		method = "S256"
	}
	if client == "" || isV2(client) || back == "" || err != nil || c.query.Get("response_type") != "code" || method != "S256" && method != "plain" {
		return text(http.StatusBadRequest, "The app's request cannot be read.\n")
	}
	return s.consent(c, consent{
		deny: func() string { return "/" },
		allow: func() string {
			q := target.Query()
			q.Set("code", s.newCode(&code{
				Client: client, User: s.loginUser().ID, Redirect: back, Made: c.now,
				Challenge: c.query.Get("code_challenge"), Method: method,
			}))
			q.Set("state", c.query.Get("state"))
			target.RawQuery = q.Encode()
			return target.String()
		},
	})
}

// authorizeV2 is the consent page of AUTH V2. A refusal, and a request that breaks its rules, come back (3.5).
func (s *Server) authorizeV2(c *call) response {
	q := c.query
	target, err := url.Parse(q.Get("redirect_uri"))
	if !isV2(q.Get("client_id")) || q.Get("redirect_uri") == "" || err != nil {
		return text(http.StatusBadRequest, "The app's request cannot be read.\n")
	}
	back := func(key, value string) string {
		b := target.Query()
		b.Set("state", q.Get("state"))
		b.Set("iss", issuer)
		b.Set(key, value)
		target.RawQuery = b.Encode()
		return target.String()
	}
	if q.Get("response_type") != "code" || q.Get("code_challenge") == "" || q.Get("code_challenge_method") != "S256" {
		return sendTo(c, back("error", "invalid_request"))
	}
	return s.consent(c, consent{
		deny: func() string { return back("error", "access_denied") },
		allow: func() string {
			return back("code", s.newCode(&code{
				Client: q.Get("client_id"), User: s.loginUser().ID, Redirect: q.Get("redirect_uri"), Scope: grantScope(q.Get("scope")),
				Challenge: q.Get("code_challenge"), Method: "S256", Made: c.now,
			}))
		},
	})
}

// pinPage approves a login by its code: in the address for people who followed it, or posted; "user" names the account.
func (s *Server) pinPage(c *call) response {
	name := c.query.Get("user_code")
	if c.r.Method == http.MethodPost {
		name = c.form().Get("user_code")
	}
	say := func(status int, words string) response {
		if !takesHTML(c.r) {
			return text(status, words+"\n")
		}
		return page(status, "Log in an app", "<p>"+html.EscapeString(words)+`</p><form method="post"><input name="user_code" autofocus> <button>Log in</button></form>`)
	}
	if name == "" {
		return say(http.StatusOK, "Open /pin?user_code=CODE to approve a login. Waiting:\n"+strings.Join(s.pendingCodes(c.now), "\n"))
	}
	who := c.query.Get("user")
	if who == "" {
		who = s.opts.User
	}
	p := s.approve(name, s.addUser(who, "", ""), c.now)
	if p == nil {
		return say(http.StatusNotFound, "There is no login with this code, or it has expired.")
	}
	s.save()
	if p.Redirect != "" {
		return sendTo(c, p.Redirect)
	}
	return say(http.StatusOK, "Approved. The app goes on by itself.")
}
