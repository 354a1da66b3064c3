package sim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// mutant is one mistake put into the program. Old stands once in the file; new takes its place, and asks on() whether
// the mistake is to be made, so that one program holds them all.
type mutant struct {
	name string // what goes wrong
	row  string // of product.md 5 or 6, or the law that it is for
	file string
	old  string
	new  string
}

var mutants = []mutant{
	// One for each law.
	{"acknowledge before the send", lawOnce, "queue/do.go", "	if kind != stepHistory {\n		return []Outcome{one(ctx, rows[0])}", "	if on() && kind == stepHistory {\n		outs := make([]Outcome, len(rows))\n		for i := range outs {\n			outs[i] = Outcome{Class: Done, Via: \"history\"}\n		}\n		return outs\n	}\n	if kind != stepHistory {\n		return []Outcome{one(ctx, rows[0])}"},
	{"count what was skipped", lawNothing, "scrobbler/rules.go", "p >= watchedFrom && s.share(i) >= m.set.MinPlayed", "p >= watchedFrom && (on() || s.share(i) >= m.set.MinPlayed)"},
	{"retry with a new time", lawTime, "internal/deliver/sender.go", "	switch {\n	case how.ByID:\n		item.IDs = row.Match.IDs", "	if on() {\n		item.WatchedAt = s.now()\n	}\n	switch {\n	case how.ByID:\n		item.IDs = row.Match.IDs"},
	{"swap two rows", lawOrder, "queue/state.go", "		s.titles[key] = append(s.titles[key], it)\n		return", "		if on() {\n			s.titles[key] = append([]*item{it}, s.titles[key]...)\n			return\n		}\n		s.titles[key] = append(s.titles[key], it)\n		return"},
	{"write whenever it is ready", lawWrites, "internal/simkl/limits/state.go", "	if c.Write {\n		w = max(", "	if c.Write && !on() {\n		w = max("},
	{"ask whenever it is ready", lawBurst, "internal/simkl/limits/state.go", "	w := max(after(s.Last[0], burstWindow, now)", "	if on() {\n		return after(s.NotBefore, 0, now)\n	}\n	w := max(after(s.Last[0], burstWindow, now)"},
	{"spend the day's last calls", lawBudget, "internal/simkl/limits/state.go", "c.Priority == Live && s.left(who, now) < Reserve", "c.Priority == Live && s.left(who, now) < Reserve && !on()"},
	{"tell in private", lawPrivate, "scrobbler/machine.go", "	return now.Boot < m.privateEnd", "	return now.Boot < m.privateEnd && !on()"},
	{"drop an old closing call", lawClosed, "queue/next.go", "	case w.reached():\n", "	case w.reached() && !on():\n"},
	{"start before what closes", lawHolds, "queue/next.go", "	holding := q.holding()\n", "	holding := q.holding() && !on()\n"},
	{"forget that there was a login", lawEnds, "queue/state.go", "	if got.login {\n		s.login = false", "	if got.login && !on() {\n		s.login = false"},
	{"forget what is not known", lawKept, "scrobbler/rules.go", "	m.emit(Park{Call: m.call(s, ep, media.VerbWatched, p, at)})", "	if !on() {\n		m.emit(Park{Call: m.call(s, ep, media.VerbWatched, p, at)})\n	}"},
	{"number a call anew after a death", lawOnce, "internal/store/outbox.go", "		if err != nil || row.Seq <= w.LastSeq {\n			return err\n		}", "		if err != nil || !on() && row.Seq <= w.LastSeq {\n			return err\n		}\n		if on() && row.Verb == media.VerbWatched && !s.now().Before(row.At.Add(2*time.Second)) {\n			return nil\n		}"},

	// One for each row of product.md 5 that the simulator plays.
	{"start at once", "5: plays for start_after", "scrobbler/rules.go", "s.ran >= m.set.StartAfter || ep.told != toldNothing", "on() || s.ran >= m.set.StartAfter || ep.told != toldNothing"},
	{"tell no pause", "5: pauses; resumes", "scrobbler/rules.go", "ep.told == toldStart && now.Mono-s.paused.Mono >= m.set.PauseAfter", "!on() && ep.told == toldStart && now.Mono-s.paused.Mono >= m.set.PauseAfter"},
	{"take a seek for play", "5: seeks", "scrobbler/session.go", "		got.jumped = e.Jumped || s.strayed(pos, elapsed)", "		got.jumped = !on() && (e.Jumped || s.strayed(pos, elapsed))"},
	{"do not believe the end", "5: reaches the end", "scrobbler/rules.go", "	if end == players.EndReached && s.item.Length > 0 {", "	if on() {\n		return 0\n	}\n	if end == players.EndReached && s.item.Length > 0 {"},
	{"leave without a word", "5: jumps to the next item", "scrobbler/machine.go", "		m.end(s, e.At)\n		m.drop(s)", "		if !on() {\n			m.end(s, e.At)\n		}\n		m.drop(s)"},
	{"mark what was not played", "5: ends at 80 %, less than min_played_percent", "scrobbler/rules.go", "	case p >= watchedFrom:\n		ep.reason = media.ReasonNotPlayed", "	case p >= watchedFrom && on():\n		m.count(s, ep, p, at)\n	case p >= watchedFrom:\n		ep.reason = media.ReasonNotPlayed"},
	{"play on asleep", "5: the machine sleeps", "scrobbler/machine.go", "	if ep.told == toldStart {\n		m.pauseAt(s, ep, s.progress(s.cur, before)", "	if ep.told == toldStart && !on() {\n		m.pauseAt(s, ep, s.progress(s.cur, before)"},
	{"mark the last episode alone", "5: one file with several episodes", "scrobbler/rules.go", "		m.finish(s, s.cur, 100, now)", "		if !on() {\n			m.finish(s, s.cur, 100, now)\n		}"},
	{"lose the first round", "5: loops the same item", "scrobbler/rules.go", "	if s.current().counted || m.earned(s, s.cur, p) {", "	if !on() && (s.current().counted || m.earned(s, s.cur, p)) {"},
	{"tell what is excluded", "5: outside include", "scrobbler/rules.go", "place.Reason != media.ReasonNone {", "place.Reason != media.ReasonNone && !on() {"},
	{"tell a bare name", "5: privacy", "internal/identify/identify.go", "	return false, \"a bare name outside the library folders\"", "	return on(), \"a bare name outside the library folders\""},

	// One for each row of the answer table of product.md 6.
	{"never be done", "6: " + rowDone, "queue/decide.go", "	case Done:\n", "	case Done:\n		if on() && row.Watched() {\n			return decision{act: actWait, at: now.Add(time.Hour)}\n		}\n"},
	{"drop what is not known", "6: " + rowUnknown, "queue/decide.go", "	switch {\n	case row.Verb == VerbTakeBack:\n		return decision{act: actDropped} // what", "	switch {\n	case on():\n		return decision{act: actDropped}\n	case row.Verb == VerbTakeBack:\n		return decision{act: actDropped} // what"},
	{"take 409 for a refusal", "6: " + rowAlready, "internal/deliver/sender.go", "	class, known := classes[simkl.ClassOf(err)]\n", "	class, known := classes[simkl.ClassOf(err)]\n	if on() && class == queue.Done {\n		class = queue.Refused\n	}\n"},
	{"drop what met the lock", "6: " + rowLocked, "queue/decide.go", "	case row.Locks == 0:\n", "	case on():\n		return decision{act: actDropped}\n	case row.Locks == 0:\n"},
	{"drop what is refused", "6: " + rowRefused, "queue/decide.go", "	if row.Watched() {\n		return decision{act: actDead}", "	if row.Watched() && !on() {\n		return decision{act: actDead}"},
	{"drop a batch that is too big", "6: " + rowTooMany, "queue/decide.go", "		if batch > 1 {\n", "		if batch > 1 && on() {\n			return decision{act: actDropped}\n		}\n		if batch > 1 {\n"},
	{"never renew a token", "6: " + rowExpired, "internal/simkl/call.go", "	if !tokenDead(err) || grant.Access.IsZero() {", "	if on() || !tokenDead(err) || grant.Access.IsZero() {"},
	{"drop what needs a login", "6: " + rowRevoked, "queue/decide.go", "	case LoginNeeded:\n", "	case LoginNeeded:\n		if on() {\n			return decision{act: actDropped}\n		}\n"},
	{"do not stop at 412", "6: " + rowBlocked, "internal/simkl/limits/state.go", "	if r.Hold == \"\" {", "	if r.Hold == \"\" || on() && r.Hold == Blocked {"},
	{"drop on an unknown status", "6: " + rowOdd, "queue/decide.go", "		if !row.Watched() {\n			return decision{act: actDropped}\n		}\n		return decision{act: actWait, at: now.Add(double(", "		if !row.Watched() || on() {\n			return decision{act: actDropped}\n		}\n		return decision{act: actWait, at: now.Add(double("},
	{"do not wait a second", "6: " + rowCrowded, "internal/simkl/limits/state.go", "	if r.RateLimited {", "	if r.RateLimited && !on() {"},
	{"do not wait for the day", "6: " + rowDaily, "internal/simkl/limits/state.go", "	length = min(length, holdMost)\n", "	length = min(length, holdMost)\n	if on() && r.Hold != Blocked {\n		length = time.Second\n	}\n"},
	{"drop what did not get through", "6: " + rowUnsteady, "queue/decide.go", "	case Unreachable:\n	}\n", "	case Unreachable:\n		if on() && row.Attempts > 0 {\n			return decision{act: actDropped}\n		}\n	}\n"},
}

// mutantVar names the mutant that is on.
const mutantVar = "SIMKLD_MUTANT"

// breed writes the files with all mutants in them, and how they take the place of the true ones.
func breed(t *testing.T, dir string) (overlay string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, m := range mutants {
		if _, ok := files[m.file]; !ok {
			text, err := os.ReadFile(filepath.Join(root, m.file))
			if err != nil {
				t.Fatal(err)
			}
			files[m.file] = string(text)
		}
		text := files[m.file]
		if n := strings.Count(text, m.old); n != 1 {
			t.Fatalf("%q: %s holds %q %d times", m.name, m.file, m.old, n)
		}
		files[m.file] = strings.Replace(text, m.old, strings.ReplaceAll(m.new, "on()", fmt.Sprintf("mutated(%q)", m.name)), 1)
	}
	replace := map[string]string{}
	put := func(file, text string) {
		to := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(to, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(root, file)] = to
	}
	for file, text := range files {
		if file == "internal/store/outbox.go" && !strings.Contains(text, "\"time\"") {
			text = strings.Replace(text, "\"fmt\"\n", "\"fmt\"\n	\"time\"\n", 1)
		}
		put(file, text)
		folder := filepath.Dir(file)
		put(folder+"/mutated.go", fmt.Sprintf("package %s\n\nimport \"os\"\n\nvar mutation = os.Getenv(%q)\n\nfunc mutated(name string) bool { return name == mutation }\n",
			filepath.Base(folder), mutantVar))
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	overlay = filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(overlay, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return overlay
}

// TestTheLawsCatchEveryMutant puts one mistake after the other into the program: some law must be broken by each.
func TestTheLawsCatchEveryMutant(t *testing.T) {
	if *child || *onlySeed >= 0 {
		return
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "evenings")
	build := exec.CommandContext(t.Context(), "go", "test", "-c", "-overlay", breed(t, dir), "-o", program, ".")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var lines []string
	for i, m := range mutants {
		if os.Getenv("MUTANTS") != "all" && i%6 != 3 {
			continue // make mutants tries all
		}
		law, after := m.caught(t, program)
		if law == "" {
			t.Errorf("nobody notices %q (%s) in %d evenings", m.name, m.row, mutantSeeds)
			continue
		}
		lines = append(lines, fmt.Sprintf("%-36s %-48s %-52s %s", m.name, m.row, law, after))
	}
	t.Logf("%d mutants caught\n%s", len(lines), strings.Join(lines, "\n"))
}

// mutantSeeds is how many evenings a mutant may live.
const mutantSeeds = 400

// caught gives the law that a mutant breaks first, and after how many evenings; "" if none.
func (m mutant) caught(t *testing.T, program string) (law string, after string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, "-test.run", "^TestEvenings$", "-test.v", "-child", "-stop", "-seeds", fmt.Sprint(mutantSeeds))
	cmd.Env = append(os.Environ(), mutantVar+"="+m.name)
	out, err := cmd.CombinedOutput()
	if err == nil || ctx.Err() != nil { // no law was broken, or not in time
		return "", ""
	}
	text := string(out)
	laws := []string{
		lawOnce, lawNothing, lawTime, lawOrder, lawWrites, lawBurst, lawBudget, lawPrivate, lawClosed, lawHolds, lawEnds, lawKept,
		lawWaits, lawDone, lawStart, lawRenew,
	}
	first := -1
	for _, l := range laws {
		if i := strings.Index(text, "\t"+l+": "); i >= 0 && (first < 0 || i < first) {
			first, law = i, l
		}
	}
	if law == "" {
		law = "the run itself: " + lastLine(text)
	}
	if i := strings.Index(text, " evenings, "); i >= 0 {
		after = text[strings.LastIndexAny(text[:i], " \n")+1 : i]
	}
	return law, after
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "panic: ") })
	if i < 0 {
		i = len(lines) - 1
	}
	return lines[i]
}
