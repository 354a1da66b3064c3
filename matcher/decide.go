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
	part   int  // of a film in several files
	ask    bool // sure enough to propose, not to act
}

// decide proposes whole hypotheses and takes the best.
func (m *matcher) decide(stem string, siblings []string) media.Match {
	best := m.best(stem, siblings)
	if best.kind == media.KindNone {
		return refused(media.ReasonNone)
	}
	if reason := m.doubt(&best, siblings); reason != "" {
		m.say("%s", reason)
		return refused(media.ReasonNone)
	}
	return m.answer(&best)
}

// doubt says why a hypothesis must not be answered at all, or nothing.
func (m *matcher) doubt(h *hypothesis, siblings []string) string {
	f := &m.file
	marked := f.num.form != formNone || h.source == "folder" || f.yearEnd > 0 || !f.ids.IsZero()
	weak := h.kind == media.KindEpisode && !marked
	library := m.ctx.kinds&folderLibrary != 0 || m.ctx.season >= 0
	switch {
	case marked:
		return ""
	case weak && h.title == "" && !library && h.num.form != formPair:
		return "a number alone, and no folder that names a series"
	case m.ref.remote && m.ref.ext != typeVideo && !f.strong.has(clsSource|clsResolution|clsVideo):
		return "a stream whose address names nothing"
	case len(f.toks) > 0 && f.hashAt(len(f.toks)-1) && !f.strong.has(clsSource|clsResolution|clsVideo):
		return "a hash, not a name"
	case h.kind == media.KindMovie && len(f.toks) == 1 && f.toks[0].end-f.toks[0].start < 2 && !library:
		return "too short to be a name"
	case h.kind == media.KindMovie && len(f.toks) == 1 && gibberish(f.lowWord(0)) && !library:
		return "letters and digits that make no word"
	case len(f.toks) == 1 && f.toks[0].num >= 0 && m.ref.remote && !library:
		return "a stream whose address is a number"
	case h.kind == media.KindMovie && len(f.toks) == 1 && f.toks[0].digits > 4:
		return "a number, not a name"
	}
	if library && m.ctx.kinds&folderMusic == 0 || len(siblings) == 0 && m.ctx.kinds&(folderMusic|folderCourse) == 0 {
		return ""
	}
	if m.numberedFolder() && len(f.toks) > 0 && f.toks[0].num >= 0 && m.ctx.season < 0 {
		return "a numbered file in a numbered folder: a lesson"
	}
	c := companyOf(siblings)
	numbered := len(f.toks) > 0 && f.toks[0].num >= 0
	switch {
	case m.ctx.kinds&folderMusic != 0 && !f.strong.has(clsSource):
		return "it lies in a folder of music"
	case c.music >= 2:
		return "music lies beside it"
	case m.ctx.kinds&folderCourse != 0 && (numbered || weak):
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

// gibberish reports whether a word of ten letters or more changes between letters and digits all the time.
func gibberish(w []byte) bool {
	changes := 0
	for i := 1; i < len(w); i++ {
		if isDigit(w[i]) != isDigit(w[i-1]) {
			changes++
		}
	}
	return len(w) >= 10 && changes >= 3
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
	if u, ok := m.dateRow(siblings); ok {
		h := hypothesis{kind: media.KindEpisode, from: f, num: u, score: 0.9, tfrom: f, source: "file name"}
		h.title = f.clean(f.spanOf(f.first, f.tokenAt(u.start)))
		return h
	}
	film := m.film()
	m.letterPart(&film, siblings)
	part, isPart := m.partHypothesis()
	if isPart && part.score > film.score {
		film = part
	}
	n := f.weakNumbers(&m.cands, len(siblings) > 0)
	for i := range n {
		h := m.weakHypothesis(&m.cands[i])
		if isPart && h.num.start > part.num.start {
			h.score -= 0.3 // "Part 3 Days 17-22"
		}
		if m.pieces(&m.cands[i], siblings) {
			film.title, film.part = h.title, int(m.cands[i].num.nums[0])
			m.say("one film in several files")
			continue
		}
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
		case i == 0 && len(f.toks) > 1 && t.is(clsNetwork|clsLanguage) && t.is(clsWeak): // "UFC 290"
			words++
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

// discOnly reports whether the name is nothing but that of a disc: "CD1".
func (r *reading) discOnly() bool {
	if len(r.toks) != 1 {
		return false
	}
	w := r.lowWord(0)
	d := longDigits(w)
	return d == 1 && r.d.words[string(w[:len(w)-d])].cls.has(clsDisc)
}

// glued reports whether a word is a generic one with a number behind it: "title00", "track01".
func glued(w []byte, d *dictionary) bool {
	e := len(w)
	for e > 0 && isDigit(w[e-1]) {
		e--
	}
	return e > 1 && d.words[string(w[:e])].cls.has(clsGeneric|clsDisc)
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
	h.title = r.clean(r.markedTitle(&h.num))
	m.titleFor(&h, r)
	return h
}

// markedTitle gives where the title before a marked number stands. A bare number right before the mark is none of it:
// "Show 214 10x14", "Duckman - 110 (10) - 20021218".
func (r *reading) markedTitle(u *numbering) span {
	s := r.title
	if r.brackets || r.limit <= r.first+1 {
		return s
	}
	last := r.limit - 1
	for i := r.first + 1; i < r.limit-1; i++ { // "Show (US) - Title of the episode S02E09"
		if t := &r.toks[i]; t.is(clsCountry) && t.group >= 0 && r.groups[t.group].to == i+1 && r.groups[t.group].from == i && r.toks[i+1].gap&gapSpaced != 0 {
			return r.spanOf(r.first, i+1)
		}
	}
	if v, _ := u.nums[0].Int(); u.n == 1 && r.toks[last].num == v && r.toks[last].gap&gapSpaced != 0 && last > r.first { // "A - 07 [S2-07]"
		return r.spanOf(r.first, last)
	}
	if r.toks[last].is(clsEpisodeBefore) && u.form == formSE && r.toks[last].end-r.toks[last].start <= 3 {
		return r.spanOf(r.first, last) // "Ep 2x03"
	}
	for last > r.first && r.toks[last].num >= 0 && r.toks[last].group >= 0 {
		last--
	}
	t := &r.toks[last]
	if t.num < 10 || t.num < 100 && !(r.fansub && r.inBracket(u.start)) || t.digits > 4 || last <= r.first || plausibleYear(t.num) {
		return s
	}
	switch {
	case u.form == formDate && t.gap&gapSpaced != 0:
		return r.spanOf(r.first, last)
	case u.form == formSE && u.nabs == 0 && r.fansub && last == r.limit-1:
		u.abs[0], u.nabs = media.Number(t.num), 1
		return r.spanOf(r.first, last)
	}
	return s
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
	if r.num.form == formSE && r.toks[0].group < 0 {
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
	if f.first < len(f.toks) && f.yearEnd > 0 {
		f.skipListNumber()
	}
	h := hypothesis{kind: media.KindMovie, score: 0.5, tfrom: f, title: f.clean(f.title), source: "file name"}
	if f.yearEnd > 0 {
		h.score += 0.4
	}
	switch {
	case f.television && f.yearEnd == 0:
		h.score -= 0.1
	case f.strong.has(clsSource | clsResolution | clsVideo):
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
	if !show.title.empty() && show.yearEnd > 0 {
		title := show.clean(show.title)
		switch {
		case f.yearEnd == 0:
			h.score += 0.2
			h.title, h.tfrom, h.source = title, show, "folder"
		case f.year == show.year && endsIn(h.title, title): // "blow-how.to.be.single.2016" in its folder
			h.title, h.tfrom = title, show
		}
	}
	if m.releaseFolder() {
		title := show.clean(show.title)
		if f.strong&(clsSource|clsVideo) == 0 || endsIn(h.title, title) {
			m.say("the folder is a release and names the film")
			h.title, h.tfrom, h.source = title, show, "folder"
		}
	}
	h.title = withoutAlias(h.title)
	if f.yearEnd == 0 && f.strong == 0 && m.ctx.kinds&folderLibrary == 0 && m.private() {
		h.ask = true
	}
	m.specialFilm(&h)
	return h
}

// endsIn reports whether title is end with something before it, folded.
func endsIn(title, end string) bool {
	var roomA, roomB [96]byte
	a, b := appendFolded(roomA[:0], title), appendFolded(roomB[:0], end)
	return len(b) > 3 && len(a) > len(b) && string(a[len(a)-len(b):]) == string(b)
}

// withoutAlias takes another title, or a director, in brackets off the end of a film's title: "A Bout Portant (The
// Killers)". One word in brackets, and what "or" leads, are parts of the title.
func withoutAlias(title string) string {
	if !strings.HasSuffix(title, ")") {
		return title
	}
	i := strings.LastIndexByte(title, '(')
	if i <= 0 || !strings.Contains(title[i:], " ") {
		return title
	}
	head := strings.TrimRight(title[:i], " ")
	last := head[strings.LastIndexByte(head, ' ')+1:]
	if !strings.Contains(head, " ") || strings.EqualFold(last, "or") || strings.EqualFold(last, "and") {
		return title
	}
	return head
}

// releaseFolder reports whether the nearest folder is named as a release of one film.
func (m *matcher) releaseFolder() bool {
	show := &m.show
	if m.ctx.titles[0] != 0 || m.file.yearEnd > 0 || show.title.empty() || !show.strong.has(clsSource|clsVideo) || show.num.form != formNone || show.season.found {
		return false
	}
	for i := range show.toks {
		switch string(show.lowWord(i)) {
		case "collection", "trilogy", "pack", "movies", "films", "complete", "saga", "anthology", "quadrilogy", "filmography":
			return false
		}
	}
	return true
}

// private reports whether a word of private recordings stands in the name.
func (m *matcher) private() bool {
	for i := range m.file.toks {
		if m.file.toks[i].is(clsPrivate) {
			return true
		}
	}
	return false
}

// specialFilm takes a name that ends in a word for a special, in a folder of episodes, as an episode without a number.
func (m *matcher) specialFilm(h *hypothesis) {
	f := &m.file
	if f.yearEnd > 0 || f.limit < f.first+2 || !(m.ctx.series || m.ctx.anime) || m.ctx.films || !f.toks[f.limit-1].is(clsSpecial) {
		return
	}
	m.say("a special without a number")
	h.kind, h.num, h.score = media.KindEpisode, numbering{season: -1}, max(h.score, 0.45)
}

// skipListNumber steps over the number of a film in a list: "03 - Iron Man 2 (2010)".
func (r *reading) skipListNumber() {
	t := &r.toks[r.first]
	next := r.first + 1
	if t.num < 0 || t.digits > 3 || next >= r.limit || r.toks[next].num >= 0 {
		return
	}
	if g := r.toks[next].gap; g&gapSpaced == 0 && !(g&gapDot != 0 && g&gapSpace != 0) {
		return
	}
	r.first = next
	r.title = r.spanOf(next, r.limit)
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
	case m.ref.remote:
		return hypothesis{kind: media.KindNone}
	case m.ctx.films || show.tags.has(clsSource|clsResolution):
		h.score = 0.7
	case m.file.discOnly():
		h.score = 0.6
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
	if c.num.form != formBracket && f.television {
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
	if c.num.form == formHundreds && !anime && f.strong == 0 && m.ctx.kinds&folderLibrary == 0 && season < 0 && h.score < 0.7 {
		h.ask = true // "Room 237"
	}
	if c.num.form == formLead {
		m.leadTitle(&h, c)
		return h
	}
	if t := &f.toks[c.titleFrom]; c.num.form == formDash && t.num >= 0 && t.num == n && c.titleFrom+1 < c.titleEnd && f.toks[c.titleFrom+1].gap&gapDot != 0 {
		c.titleFrom++ // "01. Title - 01"
	}
	h.title = f.clean(f.spanOf(c.titleFrom, c.titleEnd))
	if s := m.folderTitle(); s != nil && c.num.start > 0 && f.toks[f.first].start < c.num.start {
		folder := s.clean(s.title)
		switch {
		case Same(h.title, folder) && f.yearEnd == 0 && c.digits >= 2:
			h.score += 0.25 // "The Simpsons/The Simpsons 12"
		case m.ctx.series && len(h.title) > len(folder)+3 && c.num.form == formTrail && strings.HasPrefix(h.title, folder) && strings.HasPrefix(h.title[len(folder):], " - "):
			h.title, h.tfrom = folder, s // "Planet Earth - Deserts 05"
		case len(h.title) <= 2 && m.ctx.series:
			h.title, h.tfrom = folder, s
		}
	}
	switch {
	case f.brackets:
		h.title = f.clean(f.title)
	case c.titleByte > 0:
		h.title = f.clean(span{f.spanOf(c.titleFrom, c.titleFrom+1).start, c.titleByte})
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
	if s := m.folderTitle(); s != nil && c.titleFrom >= len(f.toks) && f.low[c.num.start] == '0' {
		h.title, h.tfrom, h.ask = s.clean(s.title), s, true
		return
	}
	k := c.titleFrom
	for k < len(f.toks) && k < c.titleEnd && !f.toks[k].is(clsStrong) && !(k > c.titleFrom && f.toks[k].gap&(gapSpaced|gapOpen) != 0) {
		k++
	}
	h.title = f.clean(f.spanOf(c.titleFrom, k))
	if !f.fansub && h.score > 0.5 { // the title may as well be the episode's
		h.ask = true
	}
	if h.title == "" {
		h.score = 0.3
	}
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
	if h.ask {
		out.Confidence = min(out.Confidence, 0.45)
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
		if out.Part = h.part; out.Part == 0 {
			out.Part = m.filePart()
		}
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
