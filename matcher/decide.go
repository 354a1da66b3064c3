package matcher

import (
	"strings"

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
}

// decide proposes whole hypotheses and takes the best.
func (m *matcher) decide(stem string, siblings []string) media.Match {
	best := m.best(stem, siblings)
	if best.kind == media.KindNone {
		return refused(media.ReasonNone)
	}
	return m.answer(&best)
}

// best gives the hypothesis with the highest score.
func (m *matcher) best(stem string, siblings []string) hypothesis {
	f, show := &m.file, &m.show
	if f.num.form != formNone && f.num.form != formPart {
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
		return m.fromFolder(stem)
	}
	film := m.film()
	if h, ok := m.partHypothesis(); ok && h.score > film.score {
		film = h
	}
	n := f.weakNumbers(&m.cands, len(siblings) > 0)
	for i := range n {
		h := m.weakHypothesis(&m.cands[i])
		m.besideSiblings(&h, &m.cands[i], siblings)
		if h.score > film.score {
			film = h
		}
	}
	return film
}

// genericName reports whether the file's name says nothing: "movie", "title_t00", "video 1".
func (m *matcher) genericName() bool {
	f := &m.file
	if f.yearEnd > 0 && f.first < len(f.toks) && f.toks[f.first].start < f.yearStart {
		return false
	}
	words := 0
	for i := range f.toks {
		t := &f.toks[i]
		switch {
		case t.is(clsGeneric | clsTag | clsOther):
		case t.num >= 0 || isDigit(f.low[t.start]):
			if i == 0 {
				return false
			}
		case t.end-t.start <= 3 && f.low[t.start] == 't' && isDigit(f.low[t.end-1]): // title_t00
		case glued(f.lowWord(i), m.d):
		default:
			words++
		}
	}
	return words == 0
}

// glued reports whether a word is a generic one with a number behind it: "title00", "track01".
func glued(w []byte, d *dictionary) bool {
	e := len(w)
	for e > 0 && isDigit(w[e-1]) {
		e--
	}
	return e > 1 && d.words[string(w[:e])].cls.has(clsGeneric)
}

// marked is the hypothesis of a number that carries a mark.
func (m *matcher) marked(r *reading) hypothesis {
	h := hypothesis{kind: media.KindEpisode, from: r, num: r.num, score: 0.96, tfrom: r, source: "file name"}
	switch r.num.form {
	case formSE:
		m.say("season and episode are written out")
	case formCap:
		h.score = 0.92
		m.say("the chapter's number holds season and episode")
	case formDate:
		h.score = 0.92
		m.say("an air date")
	case formEpisode, formOf:
		h.score = 0.9
		m.say("an episode's number with its mark")
	}
	if h.num.season < 0 && h.num.form != formDate {
		h.num.season = m.seasonOf(r)
	}
	h.title = r.clean(r.title)
	m.titleFor(&h, r)
	return h
}

// seasonOf gives the season that the name or its folders give, -1 for none.
func (m *matcher) seasonOf(r *reading) int {
	if r.season.found {
		return r.season.season
	}
	if m.ctx.season >= 0 {
		return m.ctx.season
	}
	if m.show.season.found {
		return m.show.season.season
	}
	return -1
}

// titleFor takes the title from the folders where the name has none.
func (m *matcher) titleFor(h *hypothesis, r *reading) {
	if h.title == "" && r == &m.file {
		if s := m.folderTitle(); s != nil {
			h.title, h.tfrom = s.clean(s.title), s
			m.say("the title is the folder's: %q", h.title)
			return
		}
	}
	if h.title == "" { // the number stands first: what follows it is the title
		h.title = m.titleBehind(r)
	}
	if h.title == "" {
		h.score = 0.3
	}
}

// folderTitle gives the folder whose name is the title.
func (m *matcher) folderTitle() *reading {
	if !m.show.title.empty() {
		return &m.show
	}
	if !m.upper.title.empty() {
		return &m.upper
	}
	return nil
}

// titleBehind reads the title behind a number that begins the name ("Episode 14 Ore no Imouto").
func (m *matcher) titleBehind(r *reading) string {
	if r.num.form == formSE {
		return ""
	}
	i := r.tokenAt(r.num.end)
	if i < 0 {
		return ""
	}
	k := i
	for k < len(r.toks) && !r.toks[k].is(clsStrong|clsOther) && !(k > i && r.toks[k].gap&(gapSpaced|gapOpen) != 0) && !(r.season.found && r.toks[k].start >= r.season.start && r.toks[k].start < r.season.end) {
		k++
	}
	return r.clean(r.spanOf(i, k))
}

// film is the hypothesis that the file is a film.
func (m *matcher) film() hypothesis {
	f, show := &m.file, &m.show
	h := hypothesis{kind: media.KindMovie, score: 0.5, tfrom: f, title: f.clean(f.title), source: "file name"}
	if f.yearEnd > 0 {
		h.score += 0.4
	}
	switch {
	case m.television() && f.yearEnd == 0:
		h.score -= 0.1
	case f.tags.has(clsSource | clsResolution | clsVideo):
		h.score += 0.1
	}
	if m.ctx.films {
		h.score += 0.25
	}
	if m.ctx.series {
		h.score -= 0.25
	}
	if m.ctx.season >= 0 {
		h.score -= 0.4
	}
	if f.season.found {
		h.score -= 0.2
	}
	if f.yearEnd == 0 && !show.title.empty() && show.yearEnd > 0 {
		h.score += 0.2
		h.title, h.tfrom, h.source = show.clean(show.title), show, "folder"
	}
	return h
}

// fromFolder is the hypothesis of a file whose name says nothing.
func (m *matcher) fromFolder(stem string) hypothesis {
	show := &m.show
	if show.title.empty() {
		return hypothesis{kind: media.KindNone}
	}
	h := hypothesis{kind: media.KindMovie, tfrom: show, title: show.clean(show.title), source: "folder"}
	switch {
	case show.yearEnd > 0:
		h.score = 0.85
	case m.ctx.films || show.tags.has(clsSource|clsResolution):
		h.score = 0.7
	default:
		return hypothesis{kind: media.KindNone}
	}
	m.say("the file's name says nothing; its folder does")
	return h
}

// weakHypothesis judges a bare number with the evidence around it.
func (m *matcher) weakHypothesis(c *candidate) hypothesis {
	f := &m.file
	h := hypothesis{kind: media.KindEpisode, from: f, num: c.num, score: c.score, tfrom: f, source: "file name"}
	anime := f.fansub || f.checksum || m.ctx.anime
	if anime {
		h.score += 0.3
	}
	if m.ctx.series {
		h.score += 0.3
	}
	if m.ctx.season >= 0 || f.season.found {
		h.score += 0.35
	}
	if m.ctx.films && !m.ctx.anime {
		h.score -= 0.4
	}
	if c.num.form != formBracket && f.tags.has(clsSource) && m.television() {
		h.score += 0.15
	}
	season := m.seasonOf(f)
	n, _ := c.num.nums[0].Int()
	if season > 0 && n/100 == season && n%100 > 0 && n%100 < 60 && !anime || c.num.form == formHundreds && !anime && season < 0 {
		h.num.season, h.num.n = n/100, 0
		for _, v := range c.num.nums[:c.num.n] {
			k, _ := v.Int()
			h.num.add(media.Number(k % 100))
		}
	} else if h.num.season < 0 {
		h.num.season = season
	}
	if c.num.form == formLead {
		m.leadTitle(&h, c)
		return h
	}
	h.title = f.clean(f.spanOf(c.titleFrom, c.titleEnd))
	if f.brackets {
		h.title = f.clean(f.title)
	}
	if f.season.found && f.toks[c.titleFrom].start < f.season.start {
		h.title = f.clean(f.title)
	}
	m.titleFor(&h, f)
	return h
}

// leadTitle finds the title of a name that a number begins.
func (m *matcher) leadTitle(h *hypothesis, c *candidate) {
	f := &m.file
	if s := m.folderTitle(); s != nil && (m.ctx.series || m.ctx.anime || m.ctx.season >= 0) {
		h.title, h.tfrom = s.clean(s.title), s
		return
	}
	k := c.titleFrom
	for k < len(f.toks) && k < c.titleEnd && !f.toks[k].is(clsStrong) && !(k > c.titleFrom && f.toks[k].gap&(gapSpaced|gapOpen) != 0) {
		k++
	}
	h.title = f.clean(f.spanOf(c.titleFrom, k))
	if h.title == "" {
		h.score = 0.3
	}
}

// television reports whether the copy was taken from television.
func (m *matcher) television() bool {
	for i := range m.file.toks {
		switch string(m.file.lowWord(i)) {
		case "hdtv", "pdtv", "dsr", "tvrip", "sdtv":
			return true
		}
	}
	return false
}

// answer writes a hypothesis down.
func (m *matcher) answer(h *hypothesis) media.Match {
	title, country := splitCountry(h.title)
	out := media.Match{Kind: h.kind, Title: title, Country: country, Confidence: min(max(h.score, 0), 0.99), Source: h.source,
		Anime: m.file.fansub || m.file.checksum || m.ctx.anime, Edition: m.file.edition}
	r := h.tfrom
	if r.yearEnd > 0 {
		out.Year = r.year
	}
	out.IDs = m.file.ids
	mergeIDs(&out.IDs, m.show.ids)
	mergeIDs(&out.IDs, m.upper.ids)
	if !out.IDs.IsZero() {
		out.Source = "path id"
		out.Confidence = max(out.Confidence, 0.9)
	}
	if r == &m.file {
		for _, s := range [...]*reading{&m.show, &m.upper} {
			if out.Year == 0 && s.yearEnd > 0 && Same(out.Title, s.clean(s.title)) {
				out.Year = s.year
			}
		}
	}
	if h.kind == media.KindEpisode {
		m.number(&out, &h.num)
	} else {
		out.Part = m.filePart()
	}
	m.explainAnswer(&out)
	return out
}

// explainAnswer says what the answer rests on.
func (m *matcher) explainAnswer(out *media.Match) {
	if !m.explain {
		return
	}
	if !out.IDs.IsZero() {
		m.say("the path has an id, which decides")
	}
	if out.Year > 0 {
		m.say("the year is %d", out.Year)
	}
	if m.ctx.season >= 0 && out.Season != nil && *out.Season == m.ctx.season {
		m.say("a folder is season %d", m.ctx.season)
	}
	switch {
	case m.ctx.anime:
		m.say("it lies in a library of anime")
	case m.ctx.series:
		m.say("it lies in a library of series")
	case m.ctx.films:
		m.say("it lies in a library of films")
	}
	if out.Kind == media.KindMovie {
		m.say("no number of an episode: a film")
	}
	if out.Confidence < 0.5 {
		m.say("too little is certain: better to ask")
	}
}

// splitCountry takes a country off the end of a title: "The Office (US)", "Ghosts US".
func splitCountry(title string) (rest, country string) {
	i := strings.LastIndexByte(title, ' ')
	if i <= 0 {
		return title, ""
	}
	last := strings.Trim(title[i+1:], "()")
	switch last {
	case "US", "UK", "AU", "NZ", "CA":
		return strings.TrimRight(title[:i], " -"), last
	}
	return title, ""
}

// numberRoom holds the numbers of one answer in one allocation.
type numberRoom struct {
	season int
	nums   [2]media.Number
}

// number writes the numbers of an episode into the answer.
func (m *matcher) number(out *media.Match, u *numbering) {
	room := &numberRoom{season: u.season}
	nums := room.nums[:0]
	if u.n > len(room.nums) {
		nums = make([]media.Number, 0, u.n)
	}
	nums = append(nums, u.nums[:u.n]...)
	nums = nums[:len(nums):len(nums)]
	if u.season >= 0 {
		out.Season = &room.season
	}
	switch {
	case u.form == formDate:
		out.Date = date(u)
	case u.season >= 0:
		out.Episodes = nums
		out.Absolute = append(out.Absolute, u.abs[:u.nabs]...)
	default:
		out.Absolute = nums
	}
}

// date writes YYYY-MM-DD.
func date(u *numbering) string {
	b := [10]byte{
		byte('0' + u.year/1000), byte('0' + u.year/100%10), byte('0' + u.year/10%10), byte('0' + u.year%10), '-',
		byte('0' + u.month/10), byte('0' + u.month%10), '-', byte('0' + u.day/10), byte('0' + u.day%10),
	}
	return string(b[:])
}
