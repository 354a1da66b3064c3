package matcher

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/simkld/simkld/internal/media"
)

// maxName bounds how much of a name is read: no file system has longer ones, and the rest could only be noise.
const maxName = 1024

// reading is one name (of the file or of a folder), read: its words, and what they say.
type reading struct {
	d            *dictionary
	text         string
	low          []byte // text in lower case, byte for byte
	key          []byte // room for phrases
	toks         []token
	groups       []group
	tail         gap // what stands after the last token
	phraseStarts bool

	num     numbering // the best marked number
	mark    int       // where an episode's mark begins that a date was preferred to, 0 for none
	season  seasonMark
	ids     media.IDs
	edition string

	year               int
	yearStart, yearEnd int
	yearBracket        bool

	fansub       bool // begins with a bracketed group, as copies of anime do
	checksum     bool
	site         bool
	brackets     bool // everything stands in brackets
	tags         class
	strong       class // of the strong ones
	television   bool  // taken from television
	releaseGroup bool

	first int // first token of the title
	limit int // first token that is no title, for the readers of bare numbers
	title span
}

type span struct{ start, end int }

func (s span) empty() bool { return s.end <= s.start }

// read reads a name without its extension.
func (r *reading) read(d *dictionary, text string) {
	if len(text) > maxName {
		text = strings.ToValidUTF8(text[:maxName], "")
	}
	text = prepare(text)
	*r = reading{d: d, text: text, low: appendLower(r.low[:0], text), key: r.key[:0], toks: r.toks[:0], groups: r.groups[:0]}
	r.cut()
	if len(r.toks) == 0 {
		return
	}
	r.readIDs()
	r.readBrackets()
	r.readSites()
	r.readMarked()
	r.readYear()
	r.findTitle()
}

// readBrackets collects what each bracket holds, and sets checksums aside.
func (r *reading) readBrackets() {
	for i := range r.toks {
		t := &r.toks[i]
		if r.low[t.start] >= 0xE3 && (bytes.Contains(r.lowWord(i), []byte("新番")) || bytes.Contains(r.lowWord(i), []byte("月番"))) { // "★04月新番★"
			t.cls = clsOther
			if i > 0 && r.toks[i-1].end == t.start {
				r.toks[i-1].cls = clsOther
			}
		}
	}
	if n := len(r.groups); n > 0 && len(r.toks) > 1 { // "name (1)": a second copy
		g := &r.groups[n-1]
		if t := &r.toks[len(r.toks)-1]; g.kind == '(' && g.end == len(r.text) && g.to-g.from == 1 && t.digits == 1 && g.start > 0 && r.text[g.start-1] == ' ' {
			t.cls = clsOther
		}
	}
	for k := range r.groups {
		g := &r.groups[k]
		if g.to > len(r.toks) {
			g.to = len(r.toks)
		}
		for i := g.from; i < g.to; i++ {
			g.cls |= r.toks[i].cls
		}
		if g.to-g.from == 1 && g.kind != '{' && r.isChecksum(&r.toks[g.from]) {
			r.toks[g.from].cls = clsOther
			g.cls = clsOther
			r.checksum = true
		}
	}
}

// isChecksum reports whether t is a CRC-32 in hexadecimal, as fansub groups write it.
func (r *reading) isChecksum(t *token) bool {
	if t.end-t.start != 8 {
		return false
	}
	for _, c := range r.low[t.start:t.end] {
		if !isDigit(c) && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// readSites sets the name of a site at the start or the end aside: "www.Torrenting.com - ", "[ www.x.org ] ", "x.net - ".
func (r *reading) readSites() {
	if len(r.toks) < 2 {
		return
	}
	i := 0
	if r.word(0, r.toks[0].start, "from") && r.toks[1].gap&gapOpen != 0 {
		i = 1
	}
	end := i // one past the domain
	if r.word(i, r.toks[i].start, "www") {
		for k := i + 1; k < len(r.toks) && k < i+7; k++ {
			if r.toks[k].group != r.toks[i].group {
				end = k
				break
			}
			if r.toks[k].gap&gapSpaced != 0 && r.toks[k].gap&(gapSpace|gapUnder) != 0 {
				end = k
				break
			}
		}
	}
	for k := i; end == i && k < len(r.toks) && k < i+6; k++ {
		t := &r.toks[k]
		if k > i && t.gap&^(gapDot|gapDash) != 0 || k > i && t.gap&gapSpaced != 0 {
			break
		}
		if k > i && t.is(clsTLD) && t.gap == gapDot && r.domainEnds(k, r.toks[i].group, r.word(i, r.toks[i].start, "www")) {
			end = k + 1
		}
	}
	if end > i+1 {
		for k := range end {
			r.toks[k].cls = r.toks[k].cls&clsDownloader | clsOther
		}
		r.site = true
	}
	for i := range r.toks { // ".www.newpct.com" anywhere
		if !r.word(i, r.toks[i].start, "www") {
			continue
		}
		for k := i; k < len(r.toks) && k < i+4 && (k == i || r.toks[k].gap == gapDot); k++ {
			r.toks[k].cls = r.toks[k].cls&clsDownloader | clsOther
		}
	}
	for k := range r.groups { // a site in brackets anywhere: [tvu.org.ru], (website.com), [torrents.ru]
		g := &r.groups[k]
		if n := g.to - g.from; n >= 2 && n <= 4 && r.toks[g.to-1].is(clsTLD) && r.dotted(g.from, g.to) && r.toks[g.from].num < 0 && r.toks[g.to-1].end-r.toks[g.to-1].start <= 4 &&
			(n > 2 || g.from > 0 || r.toks[g.to-1].end-r.toks[g.to-1].start >= 3) && (g.from > 0 || r.word(g.from, r.toks[g.from].start, "www")) {
			for t := g.from; t < g.to; t++ {
				r.toks[t].cls = clsOther
			}
			g.cls = clsOther
		}
	}
}

// domainEnds reports whether a domain whose last label is token k is over there, and is one.
func (r *reading) domainEnds(k int, group int16, www bool) bool {
	if k+1 == len(r.toks) {
		return false
	}
	next := &r.toks[k+1]
	if group >= 0 {
		return next.group != group
	}
	spaces := next.gap&(gapSpace|gapUnder) != 0
	return spaces && (next.gap&gapSpaced != 0 || www)
}

func (r *reading) dotted(from, to int) bool {
	for i := from + 1; i < to; i++ {
		if r.toks[i].gap != gapDot {
			return false
		}
	}
	return true
}

// readYear finds the year of release: in brackets, else the last bare one before the tags and the number.
func (r *reading) readYear() {
	stop := r.firstStrong()
	bare, bracket := -1, -1
	for i := range r.toks {
		t := &r.toks[i]
		if t.digits != 4 || !plausibleYear(t.num) || t.is(clsOther) || r.num.form != formNone && t.start >= r.num.start && t.start < r.num.end {
			continue
		}
		if r.season.found && t.start >= r.season.start && t.start < r.season.end {
			continue
		}
		late := r.num.form != formNone && t.start > r.num.start
		if t.group >= 0 && r.yearGroup(i) {
			if bracket < 0 && (!late || r.tagAfter(i)) {
				bracket = i
			}
			continue
		}
		between := t.gap&gapClose != 0 && i+1 < len(r.toks) && r.toks[i+1].gap&gapOpen != 0 // "[DivX5] 1994 [852X480]"
		if t.group >= 0 && !r.groups[t.group].cls.has(clsStrong) && r.groups[t.group].from > 0 || i >= stop && !late && !between && (bare >= 0 || i != stop+1 || !r.tagAfter(i)) {
			continue
		}
		if late {
			if bare < 0 && t.start-r.num.end <= 2 && r.tagAfter(i) {
				bare = i
			}
			continue
		}
		if i > 0 && r.toks[i-1].digits == 4 && plausibleYear(r.toks[i-1].num) && t.gap == gapDash && bare == i-1 { // 1983-1992
			continue
		}
		bare = i
	}
	pick := bracket
	if pick < 0 {
		pick = bare
		if pick == 0 && len(r.toks) > 1 && (r.toks[1].gap&gapSpaced != 0 || r.toks[1].gap&gapDot != 0 && r.toks[1].gap&gapSpace != 0) && r.num.form == formNone && !r.toks[1].is(clsStrong) && (r.toks[1].num < 0 || len(r.toks) > 2 && r.toks[2].num < 0 && r.toks[2].gap == gapSpace) {
			pick = 0 // "1995 - Heat", "1957 - 12 Angry Men"
		} else if pick >= 0 && !r.wordsBefore(pick) {
			return // a year that begins the name is the title: 1917
		}
	} else if bare >= 0 && r.toks[bracket].start == 0 {
		pick = bracket
	}
	if pick < 0 {
		return
	}
	t := &r.toks[pick]
	r.year, r.yearStart, r.yearEnd = t.num, t.start, t.end
	if t.group >= 0 && pick == bracket {
		g := &r.groups[t.group]
		r.yearStart, r.yearEnd, r.yearBracket = g.start, g.end, true
	}
}

func (c class) has(x class) bool { return c&x != 0 }

// wordsBefore reports whether something that can be a title stands before token i.
func (r *reading) wordsBefore(i int) bool {
	for k := range i {
		t := &r.toks[k]
		if t.is(clsOther) {
			continue
		}
		if t.group >= 0 && r.groups[t.group].kind != '(' && r.toks[i].group != t.group && r.groups[t.group].from == 0 {
			continue
		}
		return true
	}
	return false
}

// tagAfter reports whether token i is followed by a tag, a bracket or the end.
func (r *reading) tagAfter(i int) bool {
	return i+1 == len(r.toks) || r.toks[i+1].gap&(gapOpen|gapClose) != 0 || r.toks[i+1].is(clsTag)
}

// yearGroup reports whether the bracket around the year at token i is there for it: (1999), (Drama 1969), [2009 - Poland].
func (r *reading) yearGroup(i int) bool {
	g := &r.groups[r.toks[i].group]
	n := g.to - g.from
	if n == 1 {
		return true
	}
	if n > 5 || g.cls.has(clsStrong) {
		return false
	}
	return g.from == i || g.to-1 == i && (g.cls.has(clsGenre) || g.kind == '[' || r.toks[i].gap&(gapSpaced|gapComma) != 0)
}

// firstStrong gives the first token that ends a title for sure: a strong tag that something stands before.
func (r *reading) firstStrong() int {
	for i := range r.toks {
		t := &r.toks[i]
		if t.is(clsStrong) && !t.is(clsOther) && r.wordsBefore(i) {
			return i
		}
	}
	return len(r.toks)
}

// lowWord gives token i in lower case.
func (r *reading) lowWord(i int) []byte { return r.low[r.toks[i].start:r.toks[i].end] }

// latin reports whether the token is written in letters with case or in digits.
func (r *reading) latin(i int) bool {
	c, _ := utf8.DecodeRune(r.low[r.toks[i].start:r.toks[i].end])
	return c < 0x250
}
