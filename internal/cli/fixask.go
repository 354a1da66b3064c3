package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/lookup"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
	"github.com/simkld/simkld/internal/store"
	"github.com/simkld/simkld/internal/term"
)

// fixDialog asks a person which title a file is (screens.md 4).
type fixDialog struct {
	env    *Env
	given  fixFlags
	target store.Entry
	raw    media.Match
	// known are titles that an earlier answer or look-up left.
	known []media.Answer
	found []lookup.Candidate
	// failed is why Simkl gave no answer.
	failed error
}

// ask ends with a plan, or with false where the person leaves the watch as it is.
func (d *fixDialog) ask(ctx context.Context) (fixPlan, bool, error) {
	played := "plays now"
	if at := when(d.target); !at.IsZero() {
		played = "played " + d.env.day(at)
	}
	fmt.Fprintf(d.env.Err, "%s, %s%s\n", term.Foreign(fileName(d.target.Path)), played, lengthWords(d.target.Length))
	words := d.ownWords()
	if err := d.look(ctx, words, askedName(d.target.Path)); err != nil {
		return fixPlan{}, false, err
	}
	if err := d.show(); err != nil {
		return fixPlan{}, false, err
	}
	for {
		line, err := d.env.prompt(ctx, "Which? ")
		if err != nil {
			return fixPlan{}, false, err
		}
		line = strings.TrimSpace(line)
		if line == "" {
			return fixPlan{}, false, nil
		}
		plan, ok, err := d.answer(ctx, line)
		switch {
		case ctx.Err() != nil:
			return plan, false, ctx.Err()
		case err != nil:
			d.no(err)
		case ok:
			return plan, true, d.askFolder(ctx, &plan)
		}
	}
}

// ownWords are the title as the file has it, or as the player said it.
func (d *fixDialog) ownWords() string {
	if d.raw.Title != "" {
		return d.raw.Title
	}
	return d.target.Match.Title
}

// candidateJSON is a title that a watch may be, and why it cannot be it where it cannot.
type candidateJSON struct {
	answerJSON
	Flaw string `json:"flaw"`
}

// find shows the candidates alone, on standard output.
func (d *fixDialog) find(ctx context.Context, words string) error {
	name := ""
	if words == "" {
		words, name = d.ownWords(), askedName(d.target.Path)
	}
	if err := d.look(ctx, words, name); err != nil {
		return err
	}
	if len(d.found) == 0 && d.failed != nil {
		return d.failed
	}
	out := make([]candidateJSON, len(d.found))
	for i, c := range d.found {
		out[i] = candidateJSON{answerJSON: answerOf(c.Answer), Flaw: media.Sanitize(c.Flaw)}
	}
	if d.env.flags.json {
		return d.env.print(out)
	}
	if len(out) == 0 {
		return fault.New(fault.NotFound, "Simkl has no title by these words", "try others")
	}
	for _, c := range out {
		flaw := ""
		if c.Flaw != "" {
			flaw = ", " + c.Flaw
		}
		if _, err := fmt.Fprintf(d.env.Out, "%s%s  %s\n", answerTitle(c.Answer), flaw, d.env.out().Address(c.Page())); err != nil {
			return err
		}
	}
	return nil
}

// answer takes a line: words to look for, an id, or the number of a candidate. It gives false where the list was shown anew.
func (d *fixDialog) answer(ctx context.Context, line string) (fixPlan, bool, error) {
	switch {
	case strings.HasPrefix(line, "/"):
		words, err := d.rest(ctx, line[1:], "Words: ")
		if err != nil || words == "" {
			return fixPlan{}, false, err
		}
		if err := d.look(ctx, words, ""); err != nil {
			return fixPlan{}, false, err
		}
		return fixPlan{}, false, d.show()
	case strings.HasPrefix(line, "#"), strings.Contains(line, "/"), strings.HasPrefix(line, "tt"):
		text, err := d.rest(ctx, strings.TrimPrefix(line, "#"), "Id or address: ")
		if err != nil || text == "" {
			return fixPlan{}, false, err
		}
		ids, err := parseTitleID(text)
		if err != nil {
			return fixPlan{}, false, err
		}
		return d.take(ctx, ids, nil)
	}
	n, err := strconv.Atoi(line)
	if err != nil || n < 1 || n > len(d.found) {
		return fixPlan{}, false, fault.New(fault.Usage, strconv.Quote(line)+" is none of them: its number, / for other words, # for an id, or Enter to leave it", "")
	}
	c := d.found[n-1]
	hit := simkl.Hit{Kind: c.Kind, Title: c.Title, Year: c.Year, IDs: c.IDs, Slug: c.Slug, AnimeType: c.AnimeType}
	return d.take(ctx, media.IDs{Simkl: c.IDs.Simkl}, &hit)
}

// no says why an answer is not taken; what can be done is asked next.
func (d *fixDialog) no(err error) {
	words := explain(err).Error()
	if e, ok := errors.AsType[*fault.Error](explain(err)); ok {
		words = e.What
	}
	fmt.Fprintln(d.env.Err, d.env.errOut().Paint(term.NeedsYou, "NO")+"  "+media.Sanitize(words))
}

// rest is what stands behind a sign, or is asked for where nothing does.
func (d *fixDialog) rest(ctx context.Context, text, question string) (string, error) {
	if text = strings.TrimSpace(text); text != "" {
		return text, nil
	}
	line, err := d.env.prompt(ctx, question)
	return strings.TrimSpace(line), err
}

// take plans the correction to a title, and asks for the episode where the name has none that the title has.
func (d *fixDialog) take(ctx context.Context, ids media.IDs, hit *simkl.Hit) (fixPlan, bool, error) {
	f := d.given
	f.ids = ids
	if hit == nil {
		var err error
		if hit, err = lookUp(ctx, d.env, f, d.raw); err != nil {
			return fixPlan{}, false, err
		}
	}
	plan, err := planChecked(ctx, d.env, f, d.raw, d.target, hit)
	if err == nil || f.episode != nil || hit != nil && isFilm(hit.Kind, hit.AnimeType) {
		return plan, err == nil, err
	}
	d.no(err)
	line, err := d.env.prompt(ctx, "Which episode is it there (S02E03, or 5)? Enter for another title: ")
	if err != nil || strings.TrimSpace(line) == "" {
		return plan, false, err
	}
	if f.season, f.episode, err = parseNumbers(line); err != nil {
		return plan, false, err
	}
	plan, err = planChecked(ctx, d.env, f, d.raw, d.target, hit)
	return plan, err == nil, err
}

// askFolder asks whether the correction is to be a rule.
func (d *fixDialog) askFolder(ctx context.Context, plan *fixPlan) error {
	if !plan.remember {
		return nil
	}
	line, err := d.env.prompt(ctx, "The same for everything in "+d.env.home(plan.rule.Folder)+"? [Y/n] ")
	if err != nil {
		return err
	}
	switch strings.ToLower(strings.TrimSpace(line)) {
	case "", "y", "yes":
	default:
		plan.remember, plan.once = false, true
	}
	return nil
}

// look finds candidates. Without Simkl, they are those that are known.
func (d *fixDialog) look(ctx context.Context, words, file string) error {
	q := lookup.Question{Words: words, Match: d.raw, File: file, Length: d.target.Length, Known: d.known}
	if words != d.raw.Title {
		q.Words, q.Match.Title, q.Match.Country, q.Match.Year, q.Known = words, words, "", 0, nil
		if m := yearBehind.FindStringSubmatch(words); m != nil {
			q.Words, q.Match.Year = m[1], atoi(m[2])
		}
	}
	from, err := d.env.searcher(ctx)
	if err != nil {
		return err
	}
	switch {
	case from == nil:
		d.without("no client_id is set")
	case q.Words == "" && q.File == "":
	default:
		fmt.Fprintf(d.env.Err, "Simkl is asked for %s ...\n", asked(q))
		found, err := lookup.Find(simkl.WithPriority(ctx, limits.Typed), from, q)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			d.failed = explain(err)
			d.without(d.failed.Error())
		default:
			d.found = found
			d.keep(ctx)
		}
	}
	return nil
}

// without falls back to what is known already.
func (d *fixDialog) without(why string) {
	fmt.Fprintf(d.env.Err, "Simkl was not asked (%s).\n", media.Sanitize(why))
	d.found = nil
	for _, a := range d.known {
		d.found = append(d.found, lookup.Candidate{Answer: a})
	}
}

// keep leaves the candidates for unmatched and for a later fix. That it cannot is said, and no reason not to go on.
func (d *fixDialog) keep(ctx context.Context) {
	d.known = nil
	for _, c := range d.found {
		d.known = append(d.known, c.Answer)
	}
	s, err := d.env.stateIfAny(ctx)
	if err == nil && s != nil && len(d.known) > 0 {
		err = s.SetCandidates(ctx, d.target.ID, d.known)
	}
	if err != nil {
		fmt.Fprintf(d.env.Err, "The candidates were not kept for later (%s).\n", media.Sanitize(explain(err).Error()))
	}
}

// askedName is the name of a file that may go to Simkl, "" for an address that names none.
func askedName(path string) string {
	name := fileName(path)
	if media.SchemeOf(path) != "" && !isVideo(name) {
		return ""
	}
	return name
}

// asked says what goes out, before it does.
func asked(q lookup.Question) string {
	var words []string
	if q.Words != "" {
		words = append(words, term.Foreign(strconv.Quote(q.Words)))
	}
	if q.File != "" {
		words = append(words, "the file name "+term.Foreign(q.File))
	}
	return strings.Join(words, ", and for ")
}

// show lists the candidates with a number each.
func (d *fixDialog) show() error {
	screen := d.env.errOut()
	var titles, wholes, pages []string
	widePage := 0
	for _, c := range d.found {
		a := cleanAnswer(c.Answer)
		title := answerTitle(media.Answer{Title: a.Title, Year: a.Year})
		if c.Country != "" {
			title += ", " + countryWords(media.Sanitize(c.Country))
		}
		whole := media.Sanitize(c.Flaw)
		if whole == "" {
			whole = d.episodeWords(a)
		}
		titles, wholes, pages = append(titles, title), append(wholes, whole), append(pages, screen.Address(a.Page()))
		widePage = max(widePage, term.Width(a.Page()))
	}
	room := 88
	if screen.Width > 0 {
		room = screen.Width - len("  1  ") - 2*len("  ") - widePage
	}
	wide := column(titles, max(20, room*3/5))
	wideWhole := column(wholes, max(12, room-wide))
	var b strings.Builder
	for i := range titles {
		line := fmt.Sprintf("%3d  %s", i+1, titles[i])
		if wideWhole > 0 {
			line += "  " + wholes[i]
		}
		b.WriteString(line + "  " + pages[i] + "\n")
	}
	if len(titles) == 0 {
		b.WriteString("  Nothing was found.\n")
	}
	b.WriteString("  /  other words      #  an id or address      Enter  leave it\n")
	_, err := fmt.Fprint(d.env.Err, b.String())
	return err
}

// column makes texts equally wide, at most so many cells, and says how wide.
func column(texts []string, most int) int {
	wide := 0
	for i, text := range texts {
		texts[i] = term.Cut(text, most)
		wide = max(wide, term.Width(texts[i]))
	}
	for i, text := range texts {
		texts[i] = text + strings.Repeat(" ", wide-term.Width(text))
	}
	return wide
}

// episodeWords is the episode as the candidate has it.
func (d *fixDialog) episodeWords(a media.Answer) string {
	if a.Episode == nil {
		return ""
	}
	words := lookup.EpisodeLabel(d.raw)
	if a.EpisodeTitle != "" {
		words += " " + strconv.Quote(a.EpisodeTitle)
	}
	return words
}

// countryWords is a country as titles write it.
func countryWords(code string) string {
	if strings.EqualFold(code, "gb") {
		return "UK"
	}
	return strings.ToUpper(code)
}

// lengthWords is how long a file runs, behind something else.
func lengthWords(d time.Duration) string {
	if d < time.Minute {
		return ""
	}
	return fmt.Sprintf(", %.0f min", d.Minutes())
}

// searcher is a client of Simkl for what the user typed, nil without a client_id.
func (e *Env) searcher(ctx context.Context) (*simkl.Client, error) {
	loaded, err := e.load()
	if err != nil {
		return nil, err
	}
	if app.ClientID(loaded.Config.Simkl) == "" {
		return nil, nil //nolint:nilnil // nobody can be asked, which is no error
	}
	linked, err := e.connect(ctx, loaded.Config.Simkl)
	if err != nil {
		return nil, err
	}
	return linked.Client, nil
}

var (
	yearBehind = regexp.MustCompile(`^(.+?) \(?((?:18|19|20)\d\d)\)?$`)
	simklPage  = regexp.MustCompile(`^/(?:movies|tv|anime)/(\d{1,12})(?:/|$)`)
	imdbID     = regexp.MustCompile(`^tt\d{5,12}$`)
	imdbPage   = regexp.MustCompile(`/title/(tt\d{5,12})(?:/|$)`)
	numbers    = regexp.MustCompile(`(?i)^(?:s(\d{1,4}) ?e|(\d{1,2})x|e)?(\d{1,5})$`)
)

func atoi(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0 // more digits than any number that is meant
	}
	return n
}

// parseTitleID reads a number of Simkl's, an id of IMDb's, or the address of a title at either.
func parseTitleID(text string) (media.IDs, error) {
	text = strings.TrimSpace(text)
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && n > 0 {
		return media.IDs{Simkl: media.SimklID(n)}, nil
	}
	if imdbID.MatchString(text) {
		return media.IDs{IMDB: text}, nil
	}
	if media.SchemeOf(text) == "" {
		text = "https://" + text
	}
	if u, err := url.Parse(text); err == nil {
		host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
		if m := simklPage.FindStringSubmatch(u.Path); m != nil && host == "simkl.com" {
			return media.IDs{Simkl: media.SimklID(atoi(m[1]))}, nil
		}
		if m := imdbPage.FindStringSubmatch(u.Path); m != nil && strings.HasSuffix(host, "imdb.com") {
			return media.IDs{IMDB: m[1]}, nil
		}
	}
	return media.IDs{}, fault.New(fault.Usage, "that is no id of a title", "copy the number in the page's address, or the whole address")
}

// parseNumbers reads "S02E03", "2x03", "E05" or "5".
func parseNumbers(text string) (season, episode *int, err error) {
	m := numbers.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return nil, nil, fault.New(fault.Usage, "that is no number of an episode", "write it like S02E03, or 5")
	}
	n := atoi(m[3])
	if s := m[1] + m[2]; s != "" {
		number := atoi(s)
		season = &number
	}
	return season, &n, nil
}
