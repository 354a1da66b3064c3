//go:build linux

package cli_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/simkld/simkld/internal/sandbox"
	"github.com/simkld/simkld/players/playerstest"
)

// A person at a real browser: who clicks on the consent page, who waits until it goes on by itself, and who refuses.
func TestLoginThroughChromium(t *testing.T) {
	const patience = 60 * time.Second
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("/usr/bin/chromium"), chromedp.NoSandbox,
		chromedp.Flag("headless", "new"), chromedp.DisableGPU, chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.WSURLReadTimeout(patience))
	alloc, end := chromedp.NewExecAllocator(context.Background(), options...)
	defer end()
	browser, end := chromedp.NewContext(alloc, chromedp.WithErrorf(func(string, ...any) {})) // of events that chromedp does not know yet
	defer end()
	if err := chromedp.Run(browser); err != nil {
		t.Fatalf("chromium does not start (scripts/needs test installs it): %v", err)
	}
	playerstest.Count(t, "chromium")
	for _, c := range []struct {
		name, client, click, says string
		code                      int
		approve                   time.Duration
	}{
		{"V2, allowed", "v2mine", "#allow", "Simkl said yes", 0, -1},
		{"V1, allowed", "mine", "#allow", "Simkl said yes", 0, -1},
		{"V1, left alone", "mine", "", "Simkl said yes", 0, time.Second},
		{"V2, refused", "v2mine", "#deny", "Nothing was changed", 3, -1},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := startLogin(t, sandbox.Options{ApproveAfter: c.approve}, c.client, nil, "--browser")
			first, ok := l.next()
			if !ok {
				t.Fatal(l.stderr)
			}
			tab, end := chromedp.NewContext(browser)
			defer end()
			tab, end = context.WithTimeout(tab, patience)
			defer end()
			steps := []chromedp.Action{chromedp.Navigate(first.URL)}
			if c.click != "" {
				steps = append(steps, chromedp.Click(c.click, chromedp.ByQuery))
			}
			if err := chromedp.Run(tab, steps...); err != nil {
				t.Fatal(err)
			}
			page := ""
			for !strings.Contains(page, c.says) && tab.Err() == nil {
				// While the browser is on its way from one page to the next there is nothing to read.
				_ = chromedp.Run(tab, chromedp.Evaluate("document.body ? document.body.innerText : ''", &page), chromedp.Sleep(50*time.Millisecond))
			}
			if !strings.Contains(page, c.says) {
				t.Errorf("the browser shows %q", page)
			}
			last, linked := l.next()
			if code := <-l.code; code != c.code || linked != (c.code == 0) || linked && last.Step != "linked" {
				t.Errorf("%d %+v %s", code, last, l.stderr)
			}
		})
	}
}
