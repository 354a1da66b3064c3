// Package doctor looks at everything that must be right for a watch to be seen and sent, and names for each trouble the
// command that mends it.
//
// It owns the checks and their words. It promises that every check gives one finding within its time, that looking
// changes nothing, and that what it mends by itself is safe: no watch, token or setting is lost. It must not know how a
// finding is shown.
package doctor

import (
	"context"
	"time"
)

// State is how a check ended.
type State string

// The written forms are the contract of product.md 2.
const (
	OK State = "ok"
	// Hint works, but could be better; alone it is no failure.
	Hint State = "hint"
	// Fail means that watches are not seen or not sent.
	Fail State = "fail"
)

// Finding is what a check found. Its text may hold foreign text, which whoever shows it makes safe.
type Finding struct {
	Check string `json:"check"`
	State State  `json:"state"`
	Text  string `json:"text"`
	// Mend is the command or the deed that mends it, "" where nothing is to be done.
	Mend string `json:"mend"`
}

// Check looks at one thing.
type Check interface {
	// Name is a word for the thing: "config", "mpv".
	Name() string
	// Look finds out how it is. It changes nothing.
	Look(ctx context.Context) Finding
}

// Mender is a Check that can put its thing right safely by itself.
type Mender interface {
	Check
	// Mend does that and says what it did, in a sentence without a full stop; "" if there was nothing to do.
	Mend(ctx context.Context) (did string, err error)
}

// lookFor is how long one check may take: longer than a call to Simkl with its waits.
const lookFor = 20 * time.Second

// Look makes the checks in their order and gives their findings. With mend, those that can are put right and looked at
// again; said hears what was done.
func Look(ctx context.Context, checks []Check, mend bool, said func(string)) []Finding {
	findings := make([]Finding, 0, len(checks))
	for _, c := range checks {
		if ctx.Err() != nil {
			break
		}
		f := look(ctx, c)
		if m, ok := c.(Mender); ok && mend && f.State != OK {
			switch did, err := m.Mend(ctx); {
			case err != nil:
				said(c.Name() + ": could not be mended: " + err.Error())
			case did != "":
				said(c.Name() + ": " + did)
				f = look(ctx, c)
			}
		}
		findings = append(findings, f)
	}
	return findings
}

func look(ctx context.Context, c Check) Finding {
	ctx, cancel := context.WithTimeout(ctx, lookFor)
	defer cancel()
	f := c.Look(ctx)
	f.Check = c.Name()
	return f
}

// Count says how many findings are failures and how many are hints.
func Count(findings []Finding) (fails, hints int) {
	for _, f := range findings {
		switch f.State {
		case Fail:
			fails++
		case Hint:
			hints++
		case OK:
		}
	}
	return fails, hints
}

// simple is a check that is one function.
type simple struct {
	name string
	look func(context.Context) Finding
}

func (s simple) Name() string                     { return s.name }
func (s simple) Look(ctx context.Context) Finding { return s.look(ctx) }

// Of makes a check of a function.
func Of(name string, look func(context.Context) Finding) Check { return simple{name, look} }

func fine(text string) Finding       { return Finding{State: OK, Text: text} }
func hint(text, mend string) Finding { return Finding{State: Hint, Text: text, Mend: mend} }
func fail(text, mend string) Finding { return Finding{State: Fail, Text: text, Mend: mend} }

// NotAsked is the finding of a check that another trouble keeps from being made.
func NotAsked(why string) Finding { return hint("not asked: "+why, "") }
