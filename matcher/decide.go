package matcher

import (
	"fmt"

	"github.com/simkld/simkld/internal/media"
)

// hypothesis is one whole reading of a file.
type hypothesis struct {
	kind   media.Kind
	from   *reading // whose number it is; nil for a film
	num    numbering
	score  float64
	title  string
	tfrom  *reading // whose title it is
	source string
	part   int  // of a film in several files
	partAt int  // the byte of the name where that stands
	ask    bool // sure enough to propose, not to act
}

// decide proposes whole hypotheses and takes the best.
func (m *matcher) decide(stem string, siblings []string) media.Match {
	best := m.best(stem, siblings)
	if best.kind == media.KindNone {
		m.say("neither the name nor its folders name a film or a series")
		return refused(media.ReasonNone)
	}
	if reason := m.doubt(&best, siblings); reason != "" {
		m.say("%s", reason)
		return refused(media.ReasonNone)
	}
	return m.answer(&best, siblings)
}

// filmEpisode takes "Episode 5" into the title where a title of its own and a year in brackets follow: that is how the
// films of a row are named ("Star Wars - Episode 5 - The Empire Strikes Back (1980)").
func (r *reading) filmEpisode() bool {
	if r.num.form != formEpisode || !r.yearBracket || r.yearStart <= r.num.end || r.fansub || r.season.found {
		return false
	}
	next, year := r.tokenAt(r.num.end), r.tokenAt(r.yearStart)
	if next < 0 || year-next < 1 || r.num.start == 0 {
		return false
	}
	r.limit = year
	r.title = r.spanOf(r.first, year)
	return true
}

// doubt says why a hypothesis must not be answered at all, or nothing.
func (m *matcher) doubt(h *hypothesis, siblings []string) string {
	f := &m.file
	marked := f.num.form != formNone || h.source == "folder" || f.yearEnd > 0 || !f.ids.IsZero()
	weak := h.kind == media.KindEpisode && !marked
	library := m.ctx.kinds&folderLibrary != 0 || m.ctx.season >= 0 && (m.ctx.seasonName || !m.ref.remote)
	single := len(f.toks) > 0 && f.significant() == 1
	switch {
	case m.ctx.kinds&folderCourse != 0 && h.source == "folder" && !library && f.strong == 0 && f.num.form == formNone:
		return "it lies in a folder of lessons or talks"
	case marked:
		return ""
	case weak && h.title == "" && !library && h.num.form != formPair:
		return "a number alone, and no folder that names a series"
	case h.kind == media.KindMovie && single && m.ref.ext == typePlaylist:
		return "a playlist, whose name says nothing of what is in it"
	case m.ref.remote && m.ref.ext != typeVideo && !f.strong.has(clsSource|clsResolution|clsVideo):
		return "a stream whose address names nothing"
	case len(f.toks) > 0 && f.hashAt(f.significant()-1) && !f.strong.has(clsSource|clsResolution|clsVideo):
		return "a hash, not a name"
	case h.kind == media.KindMovie && single && f.toks[0].end-f.toks[0].start < 2 && !library:
		return "too short to be a name"
	case h.kind == media.KindMovie && single && gibberish(f.lowWord(0)) && !library:
		return "letters and digits that make no word"
	case single && f.toks[0].num >= 0 && m.ref.remote && !library:
		return "a stream whose address is a number"
	case h.kind == media.KindMovie && single && f.toks[0].digits == 2 && f.low[f.toks[0].start] == '0' && !library:
		return "a number alone, and no folder that names a series"
	case h.kind == media.KindMovie && single && f.toks[0].digits > 4:
		return "a number, not a name"
	}
	numbered := len(f.toks) > 0 && f.toks[0].num >= 0
	if numbered && !library && (m.numberedFolder() || m.courseFolder()) {
		return "a numbered file in a numbered folder or a course: a lesson"
	}
	if library && m.ctx.kinds&folderMusic == 0 || len(siblings) == 0 && m.ctx.kinds&(folderMusic|folderCourse) == 0 {
		return ""
	}
	c := companyOf(siblings)
	switch {
	case m.ctx.kinds&folderMusic != 0 && !f.strong.has(clsSource):
		return "it lies in a folder of music"
	case c.music >= 2 && m.ctx.direct&folderContainer == 0: // anything lies in Downloads
		return "music lies beside it"
	case m.ctx.kinds&folderCourse != 0 && f.strong == 0:
		return "it lies in a folder of lessons"
	case c.papers > 0 && (numbered || weak):
		return "a numbered lesson: documents lie beside it"
	}
	return ""
}

// numberedFolder reports whether the nearest folder is a chapter: "3. Networking", "03 - Basics".
func (m *matcher) numberedFolder() bool {
	r := &m.show
	return len(r.toks) > 1 && r.toks[0].num >= 0 && r.toks[0].digits <= 2 && r.yearEnd == 0 && (r.toks[1].gap&gapSpaced != 0 || r.toks[1].gap&gapDot != 0 && r.toks[1].gap&gapSpace != 0)
}

// gibberish reports whether a word of ten letters or more changes between letters and digits all the time, and no run
// of letters in it is long enough for a word.
func gibberish(w []byte) bool {
	changes, run, longest := 0, 0, 0
	for i := range w {
		if run++; isDigit(w[i]) {
			run = 0
		}
		longest = max(longest, run)
		if i > 0 && isDigit(w[i]) != isDigit(w[i-1]) {
			changes++
		}
	}
	return len(w) >= 10 && changes >= 3 && longest < 6
}

// courseFolder reports whether a folder speaks of lessons: "Udemy - React".
func (m *matcher) courseFolder() bool {
	for _, r := range [...]*reading{&m.show, &m.upper} {
		for i := range r.toks {
			if r.toks[i].is(clsCourse) && r.strong == 0 {
				return true
			}
		}
	}
	return false
}

// hashAt reports whether token i is a hash.
func (r *reading) hashAt(i int) bool {
	t := &r.toks[i]
	if t.is(clsOther) || t.end-t.start < 12 {
		return false
	}
	digits := 0
	for _, c := range r.low[t.start:t.end] {
		switch {
		case isDigit(c):
			digits++
		case c < 'a' || c > 'f':
			return looksHashed(r.text[t.start:t.end])
		}
	}
	return digits >= 3 && digits < t.end-t.start
}

// best gives the hypothesis with the highest score.
func (m *matcher) best(stem string, siblings []string) hypothesis {
	f, show := &m.file, &m.show
	if m.lifted && (f.season.found || m.ctx.season >= 0 || m.ctx.series) {
		m.say("a disc of a series: which episode plays cannot be known")
		return hypothesis{kind: media.KindEpisode, num: numbering{season: m.seasonOf(f)}, score: 0.2, title: f.clean(f.title), tfrom: f, source: "folder"}
	}
	if f.num.form != formNone {
		if f.filmEpisode() && !m.ctx.series && !m.ctx.anime && m.ctx.season < 0 {
			return m.film()
		}
		return m.marked(f)
	}
	hidden := len(f.toks) == 0 || looksHashed(stem)
	if show.num.form == formSE || show.num.form == formCap || show.num.form == formDate {
		if hidden || f.yearEnd == 0 {
			h := m.marked(show)
			h.source = "folder"
			m.say("the folder %q has the number", show.text)
			return h
		}
	}
	generic := hidden || m.genericName()
	if generic {
		return m.fromFolder()
	}
	if u, ok := m.dateRow(siblings); ok {
		h := hypothesis{kind: media.KindEpisode, from: f, num: u, score: 0.9, tfrom: f, source: "file name"}
		h.title = f.clean(f.spanOf(f.first, f.tokenAt(u.start)))
		return h
	}
	film := m.film()
	m.letterPart(&film, siblings)
	asFilm := film.score
	part, isPart := m.partHypothesis()
	if isPart && part.score > film.score {
		film = part
	}
	n := f.weakNumbers(&m.cands, len(siblings) > 0)
	for i := range n {
		h := m.weakHypothesis(&m.cands[i])
		fansub := m.file.fansub && m.cands[i].num.form == formDash // "[Group] Show - Part 5 - 39"
		if isPart && h.num.start > part.num.start && !fansub {
			h.score -= 0.3 // "Part 3 Days 17-22"
		}
		if m.pieces(&m.cands[i], siblings) {
			film.title, film.part, film.partAt = h.title, int(m.cands[i].num.nums[0]), h.num.start
			m.say("one film in several files")
			continue
		}
		m.besideSiblings(&h, &m.cands[i], siblings)
		if h.score > film.score || fansub && isPart && film.num.form == formPart && h.score > 0.9 {
			film = h
		}
	}
	m.sayChoice(&film, asFilm)
	return film
}

// sayChoice says why a bare number won over the film, or lost.
func (m *matcher) sayChoice(h *hypothesis, asFilm float64) {
	if !m.explain || h.kind != media.KindEpisode || h.num.n == 0 {
		return
	}
	m.say("%s: as an episode it scores %.2f, as a film %.2f", m.place(h), h.score, asFilm)
}

// place says in words where the number stands.
func (m *matcher) place(h *hypothesis) string {
	number := m.file.text[h.num.start:h.num.end]
	where := map[form]string{
		formPart: "%q counts the parts", formDash: "%q stands behind a dash", formBracket: "%q stands alone in brackets", formPair: "%q is a season and an episode",
		formHundreds: "%q can be a season and an episode", formTrail: "%q ends the name", formLead: "%q begins the name", formDate: "%q is a date",
	}[h.num.form]
	return fmt.Sprintf(where, number)
}
