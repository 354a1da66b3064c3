package matcher

import (
	"slices"
	"strconv"
	"strings"

	"github.com/simkld/simkld/internal/media"
)

// answer writes a hypothesis down.
func (m *matcher) answer(h *hypothesis, siblings []string) media.Match {
	title, country := splitCountry(h.title)
	if h.kind == media.KindEpisode {
		title = withoutAlias(title)
	}
	out := media.Match{
		Kind: h.kind, Title: title, Country: country, Confidence: min(max(h.score, 0), 0.99), Source: h.source,
		Anime: m.file.fansub || m.file.checksum || m.ctx.anime, Edition: m.file.edition,
	}
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
	if s := &m.show; r == &m.file && out.Year > 0 && !r.yearBracket && !s.title.empty() && s.yearEnd > 0 && s.yearBracket {
		if title := s.clean(s.title); Same(title, out.Title+strconv.Itoa(out.Year)) { // "Space 1999 (1975)/Space 1999 S01E01"
			out.Title, out.Year = title, s.year
		}
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
		at := h.partAt
		if out.Part = h.part; out.Part == 0 {
			out.Part, at = m.filePart()
		}
		if out.Part > 0 {
			out.Parts = m.countParts(siblings, at)
		}
	}
	m.explainAnswer(h, &out)
	return out
}

// explainAnswer says what the answer rests on.
func (m *matcher) explainAnswer(h *hypothesis, out *media.Match) {
	if !m.explain {
		return
	}
	if !out.IDs.IsZero() {
		m.say("the path has an id, which decides")
	}
	if m.file.fansub {
		m.say("a group's name in brackets leads, as copies of anime have it")
	}
	if m.file.television {
		m.say("the copy is from television")
	}
	m.say("the title is %q, from the %s", out.Title, map[bool]string{true: "file's name", false: "folder"}[h.tfrom == &m.file])
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
	nums = slices.Clip(nums)
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
	const digits = "0123456789"
	d := func(n int) byte { return digits[n%10] }
	return string([]byte{d(u.year / 1000), d(u.year / 100), d(u.year / 10), d(u.year), '-', d(u.month / 10), d(u.month), '-', d(u.day / 10), d(u.day)})
}
