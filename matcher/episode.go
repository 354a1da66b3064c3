package matcher

import (
	"bytes"
	"strings"

	"github.com/simkld/simkld/internal/media"
)

// marked is the hypothesis of a number that carries a mark.
func (m *matcher) marked(r *reading) hypothesis {
	h := hypothesis{kind: media.KindEpisode, from: r, num: r.num, score: 0.96, tfrom: r, source: "file name"}
	score, why := markedScore(r.num.form)
	m.say("%s", why)
	h.score = score
	if h.num.season < 0 && h.num.form != formDate {
		h.num.season = m.seasonOf(r)
	}
	h.title = r.clean(r.markedTitle(&h.num))
	if h.num.form == formDate && r == &m.file && !m.ctx.series && !m.broadcast() && m.clockFollows() {
		m.say("a date with a time of day: as likely a recording of one's own")
		h.ask = true
	}
	if n, whole := h.num.nums[0].Int(); whole && n >= 100 && h.num.form == formEpisode && r.at(h.num.start-1) == '#' && r.strong == 0 && m.ctx.kinds&folderLibrary == 0 {
		m.say("a podcast is numbered so, too")
		h.ask = true
	}
	m.titleFor(&h, r)
	return h
}

// markedScore gives how sure a marked number is, and the reason in words.
func markedScore(f form) (score float64, why string) {
	if f == formSE {
		return 0.96, "season and episode are written out"
	}
	if f == formCap {
		return 0.92, "the chapter's number holds season and episode"
	}
	if f == formDate {
		return 0.92, "an air date"
	}
	return 0.9, "an episode's number with its mark"
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
	first, _ := u.nums[0].Int()
	marked := r.fansub && r.inBracket(u.start) && u.season >= 2 && t.num > first // "87 (S4-24)"
	if t.num < 10 || t.num < 100 && !marked || t.digits > 4 || last <= r.first || plausibleYear(t.num) {
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
	for ; k < len(r.toks) && !r.toks[k].is(clsStrong|clsOther); k++ {
		t := &r.toks[k]
		if k > i && t.gap&(gapSpaced|gapOpen) != 0 || r.season.found && t.start >= r.season.start && t.start < r.season.end {
			break
		}
	}
	return r.clean(r.spanOf(i, k))
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
	if c.num.form == formPair && m.ctx.season >= 0 && c.num.season != m.ctx.season {
		h.score -= 0.6 // "Season 6/18 24 Hours"
	}
	if m.ctx.films {
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
		case m.ctx.series && m.ctx.season >= 0 && m.ctx.seasonName && !Same(h.title, folder) && !related(h.title, folder):
			h.title, h.tfrom = folder, s // "Fargo/Season 5/Trials 02"
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

// related reports whether one of two titles begins or ends with the other.
func related(a, b string) bool {
	var roomA, roomB [96]byte
	fa, fb := appendFolded(roomA[:0], a), appendFolded(roomB[:0], b)
	if len(fa) < len(fb) {
		fa, fb = fb, fa
	}
	return len(fb) > 0 && (bytes.HasPrefix(fa, fb) || bytes.HasSuffix(fa, fb))
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
	for ; k < len(f.toks) && k < c.titleEnd && !f.toks[k].is(clsStrong); k++ {
		if k > c.titleFrom && f.toks[k].gap&(gapSpaced|gapOpen) != 0 {
			break
		}
	}
	h.title = f.clean(f.spanOf(c.titleFrom, k))
	if !f.fansub && h.score > 0.5 { // the title may as well be the episode's
		h.ask = true
	}
	if h.title == "" {
		h.score = 0.3
	}
}
