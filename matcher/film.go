package matcher

import (
	"strings"

	"github.com/simkld/simkld/internal/media"
)

// genericName reports whether the file's name says nothing: "movie", "title_t00", "video 1".
func (m *matcher) genericName() bool {
	f := &m.file
	if f.yearEnd > 0 && f.first < len(f.toks) && f.toks[f.first].start < f.yearStart {
		return false
	}
	if s := m.folderTitle(); s != nil && m.ctx.kinds&folderLibrary != 0 && !f.title.empty() && related(f.clean(f.title), s.clean(s.title)) {
		return false // "/movies/Movie/Movie.mkv"
	}
	words := 0
	for i := range f.toks {
		t := &f.toks[i]
		switch {
		case i == 0 && len(f.toks) > 1 && t.is(clsNetwork|clsLanguage) && t.is(clsWeak): // "UFC 290"
			words++
		case len(f.toks) == 1 && t.is(clsOrdinary) && m.ctx.direct&folderLibrary != 0: // "/movies/Nine.mkv"
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
	listed := f.first < len(f.toks) && f.toks[f.first].num >= 0 && (f.low[f.toks[f.first].start] == '0' || f.first+1 < len(f.toks) && f.toks[f.first+1].num >= 0)
	if f.yearEnd == 0 && f.strong == 0 && m.ctx.kinds&folderLibrary == 0 && (m.private() || listed) {
		h.ask = true
	}
	if f.yearEnd == 0 && f.strong == 0 && m.ctx.kinds&folderLibrary == 0 && f.counted() {
		h.ask = true
	}
	m.specialFilm(&h)
	return h
}

// counted reports whether the name is one word that ends in four digits or more, as programs number their files:
// "tmpabcd1234".
func (r *reading) counted() bool {
	return r.significant() == 1 && r.toks[0].num < 0 && longDigits(r.lowWord(0)) >= 4
}

// endsIn reports whether title is end with something before it, folded.
func endsIn(title, end string) bool {
	var roomA, roomB [96]byte
	a, b := appendFolded(roomA[:0], title), appendFolded(roomB[:0], end)
	return len(b) > 3 && len(a) > len(b) && string(a[len(a)-len(b):]) == string(b)
}

// withoutAlias takes another title, or a director, in brackets off the end of a title: "A Bout Portant (The
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
	short := head == last && len(head) > 2 && strings.ToUpper(head) == head && strings.ToLower(head) != head // an abbreviation is no title that anyone lists
	if short || strings.EqualFold(last, "or") || strings.EqualFold(last, "and") {
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
	episodes := m.ctx.series || m.ctx.anime
	if f.yearEnd > 0 || f.limit < f.first+2 || !episodes || m.ctx.films || !f.toks[f.limit-1].is(clsSpecial) {
		return
	}
	m.say("a special without a number")
	h.kind, h.num, h.score = media.KindEpisode, numbering{season: -1}, max(h.score, 0.45)
}

// skipListNumber steps over the number of a film in a list: "03 - Iron Man 2 (2010)".
func (r *reading) skipListNumber() {
	t := &r.toks[r.first]
	next := r.first + 1
	if t.num < 0 || t.digits > 3 || next >= r.limit || r.toks[next].num >= 0 && (t.digits != 2 || r.toks[next].gap&gapSpaced == 0 || next+1 >= r.limit) {
		return
	}
	listed := r.low[t.start] == '0' && r.yearBracket && t.digits == 2
	if g := r.toks[next].gap; g&gapSpaced == 0 && (g&gapDot == 0 || g&gapSpace == 0) && !listed {
		return
	}
	r.first = next
	r.title = r.spanOf(next, r.limit)
}

// fromFolder is the hypothesis of a file whose name says nothing.
func (m *matcher) fromFolder() hypothesis {
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
