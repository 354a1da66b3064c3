package matcher

import (
	"unicode/utf8"

	"github.com/simkld/simkld/internal/media"
)

// candidate is one reading of a number that carries no mark, and how likely it is by the look of the name alone.
type candidate struct {
	num    numbering
	score  float64
	digits int // of the first number
	// titleEnd is the first token that is no title any more under this reading, titleFrom the first that is.
	titleFrom, titleEnd int
	titleByte           int // where the title ends inside a token, 0 for none
}

const maxCandidates = 8

// weakNumbers proposes the bare numbers of a name: [07], - 07, 102, Show 05, 05 - Title, 2.10.
func (r *reading) weakNumbers(out *[maxCandidates]candidate, siblings bool) int {
	n := 0
	propose := func(c candidate) {
		if n < maxCandidates {
			out[n] = c
			n++
		}
	}
	end, covered := r.weakEnd(), 0
	for i := r.first; i < end; i++ {
		t := &r.toks[i]
		if r.season.found && t.start >= r.season.start && t.start < r.season.end {
			continue
		}
		if c, ok := r.specialCandidate(i); ok {
			propose(c)
			covered = c.num.end
			continue
		}
		if t.is(clsOther|clsStrong) || t.is(clsTag) && t.num < 0 || !isDigit(r.low[t.start]) || t.start < covered || t.start >= r.yearStart && t.start < r.yearEnd && (r.yearBracket || !siblings) {
			continue
		}
		if c, ok := r.bracketCandidate(i); ok {
			propose(c)
			continue
		}
		if t.group >= 0 && r.groups[t.group].from > r.first {
			continue
		}
		if i == r.first {
			if c, ok := r.leadCandidate(i); ok {
				propose(c)
				if c.num.n > 1 {
					covered = c.num.end
				}
			}
			if c, ok := r.pairCandidate(i, end); ok {
				propose(c)
			}
			continue
		}
		if c, ok := r.pairCandidate(i, end); ok {
			propose(c)
			if r.toks[i+1].gap != gapSpace {
				covered = c.num.end
				continue
			}
		}
		if c, ok := r.packedCandidate(i); ok {
			propose(c)
			continue
		}
		if c, ok := r.shortDate(i); ok {
			propose(c)
			continue
		}
		if c, ok := r.bareCandidate(i); ok {
			propose(c)
			if c.num.n > 1 {
				covered = c.num.end
			}
		}
	}
	return n
}

// weakEnd gives the token where bare numbers may no longer stand: the first strong tag outside the title's start.
func (r *reading) weakEnd() int {
	for i := r.first; i < len(r.toks); i++ {
		t := &r.toks[i]
		if t.is(clsStrong) && i > r.first && t.group < 0 {
			return i
		}
	}
	return len(r.toks)
}

// value reads the number at token i with its range: 07, 07v2, 11.5, 109-110.
func (r *reading) value(i int) (u numbering, ok bool) {
	t := &r.toks[i]
	v, e, ok := r.numberAt(t.start)
	if !ok || !r.bounded(e) || v > 9999 || r.at(e) == '%' {
		return u, false
	}
	u = numbering{start: t.start, end: e, season: -1}
	u.add(v)
	k := e
	spaced := false
	for separator(r.at(k)) && k-e < 3 && r.at(k) != '.' {
		spaced = spaced || r.at(k) == ' '
		k++
	}
	spaced = spaced || k-e > 1
	dash := false
	for x := e; x < k; x++ {
		dash = dash || r.low[x] == '-'
	}
	if r.at(e) == '+' && k == e {
		dash, k = true, e+1
	}
	comma := r.at(e) == ',' && separator(r.at(e+1))
	if comma {
		k = e + 2
	}
	if (dash || comma) && k > e {
		w, e2, ok := r.numberAt(k)
		n, whole := w.Int()
		first, _ := v.Int()
		width := t.digits
		if ok && whole && r.bounded(e2) && n > first && n-first < maxNumbers && e2-k == int(width) && width >= 2 && (!spaced || n == first+1 && r.endsList(e2)) {
			if comma {
				u.add(w)
			} else {
				u.extend(n)
			}
			u.end = e2
		}
	}
	return u, true
}

// endsList reports whether no word follows byte i after a mere space: "23 - 24 Hours" is no range.
func (r *reading) endsList(i int) bool {
	k := r.tokenAt(i)
	return k < 0 || r.toks[k].gap&^gapSpace != 0 || r.toks[k].is(clsTag)
}

// lastOf gives the last token inside a numbering that began at token i.
func (r *reading) lastOf(i int, u *numbering) int {
	for i+1 < len(r.toks) && r.toks[i+1].start < u.end {
		i++
	}
	return i
}

// bracketCandidate reads [07] or {07} at token i.
func (r *reading) bracketCandidate(i int) (c candidate, ok bool) {
	t := &r.toks[i]
	if t.group < 0 || r.groups[t.group].from != i {
		return c, false
	}
	g := &r.groups[t.group]
	u, ok := r.value(i)
	batch := u.n > 1 && r.low[t.start] == '0' && r.fansub // (01-04)
	if !ok || g.kind == '(' && !batch || pictureHeight(t.num) || r.tagsBefore(i) && !r.brackets || t.digits == 4 && plausibleYear(t.num) {
		return c, false
	}
	rest := r.lastOf(i, &u) + 1
	if rest < g.to && (g.to-rest > 1 || !r.finalWord(rest)) {
		return c, false
	}
	u.form = formBracket
	score := 0.62
	if t.digits >= 2 {
		score = 0.85
	}
	from, end := r.first, min(r.limit, i)
	if r.brackets {
		end = r.limit
	}
	if i <= r.first {
		return c, false
	}
	if r.yearBracket && r.yearEnd < t.start && t.start-r.yearEnd <= 3 {
		score += 0.25
	}
	return candidate{num: u, score: score, titleFrom: from, titleEnd: end}, true
}

// pictureHeight reports whether n is the height of a picture rather than the number of an episode.
func pictureHeight(n int) bool {
	switch n {
	case 480, 540, 576, 720, 1080, 1440, 2160:
		return true
	}
	return false
}

// tagsBefore reports whether a bracket of tags stands before token i: what follows it is no number of an episode.
func (r *reading) tagsBefore(i int) bool {
	for k := r.first + 1; k < i; k++ {
		if r.toks[k].is(clsStrong) {
			return true
		}
	}
	return false
}

// hundredsList reads "103.104": two episodes of one season.
func (r *reading) hundredsList(i int, u *numbering) {
	if i+1 >= len(r.toks) || u.n > 1 || r.fansub {
		return
	}
	t, b := &r.toks[i], &r.toks[i+1]
	if t.digits == 3 && b.digits == 3 && b.num == t.num+1 && b.start-t.end == 1 {
		u.add(media.Number(b.num))
		u.end = b.end
	}
}

// finalWord reports whether token i says that the episode is the last one.
func (r *reading) finalWord(i int) bool {
	switch string(r.lowWord(i)) {
	case "ova", "oad", "ona", "oav", "special", "sp", "end", "fin", "final", "完", "完结", "終", "finale", "v2", "v3", "v4":
		return true
	}
	return false
}

// isolated reports whether after token i nothing follows but a bracket, a spaced dash, a tag or the end.
func (r *reading) isolated(i int) bool {
	if i+1 >= len(r.toks) {
		return true
	}
	n := &r.toks[i+1]
	if n.gap&(gapOpen|gapSpaced|gapClose) != 0 || n.is(clsStrong|clsOther) {
		return true
	}
	return r.finalWord(i+1) && r.isolated(i+1)
}

// bareCandidate reads a number at token i that is not the first word.
func (r *reading) bareCandidate(i int) (c candidate, ok bool) {
	t := &r.toks[i]
	if t.gap == gapDot && r.toks[i-1].num >= 0 && r.fansub || r.fansub && i+1 < len(r.toks) && r.toks[i+1].gap == gapDot && r.toks[i+1].num >= 0 && r.toks[i+1].num != 5 && t.gap&gapSpaced == 0 {
		return c, false // "Evangelion 1.11"
	}
	if t.gap == gapDash && r.toks[i-1].num >= 0 && r.toks[i-1].start >= r.yearEnd {
		return c, false // "1-09-70"
	}
	u, ok := r.value(i)
	if !ok {
		return c, false
	}
	r.hundredsList(i, &u)
	last := r.lastOf(i, &u)
	if last+1 < len(r.toks) && string(r.lowWord(last+1)) == "ppv" {
		return c, false // the number of an event is part of its name
	}
	n, whole := u.nums[0].Int()
	isolated := r.isolated(last)
	tagNext := last+1 < len(r.toks) && r.toks[last+1].is(clsTag|clsEdition)
	padded := r.low[t.start] == '0' && t.digits >= 2
	digits := int(t.digits)
	if digits == 0 { // 07v2, 12'
		for digits = 0; isDigit(r.at(t.start + digits)); digits++ {
		}
		padded = padded || u.end-t.start > digits
	}
	c = candidate{num: u, digits: digits, titleFrom: r.first, titleEnd: min(i, r.limit)}
	if c.titleEnd <= c.titleFrom {
		c.titleEnd = i
	}
	switch {
	case digits == 4 && plausibleYear(n) && u.n == 1:
		if t.gap&gapSpaced == 0 || !r.fansub {
			c.num.form, c.score = formTrail, -0.2
			if n%100 != 0 {
				c.num.form = formHundreds
			}
			return c, true
		}
		c.num.form, c.score = formDash, 0.5
	case t.gap&gapSpaced != 0:
		c.num.form, c.score = formDash, 0.68
		if digits >= 3 {
			c.score = 0.64
		}
		if digits == 1 {
			c.score = 0.35
		}
		switch {
		case isolated || tagNext:
		case r.fansub && digits >= 2: // "[Group] Show - 366 RAW": the episode's title or a remark
			c.score -= 0.2
		default:
			c.score -= 0.4
		}
	case digits == 4 && padded && n >= 100 && n%100 > 0 && n%100 <= 60 && !r.fansub:
		c.num.form, c.score = formHundreds, 0.62
		padded = false
	case digits >= 3 && !padded:
		c.num.form, c.score = formHundreds, 0.55
		switch {
		case !isolated && !tagNext && (n%100 == 0 || n%100 > 40):
			c.score = 0.4
		case !isolated && !tagNext:
			c.score = 0.51
		case r.strong != 0 && r.yearEnd == 0:
			c.score = 0.62
		}
		if digits == 4 && c.score < 0.6 {
			c.score = 0.45
			if n < 1888 {
				c.score = 0.52
			}
		}
		if n%100 == 0 || n%100 > 60 {
			c.num.form = formTrail
		}
		if digits > 4 {
			return c, false
		}
	case !isolated && !tagNext && !padded && last+1 < len(r.toks):
		return c, false // a number in the middle of a title
	default:
		c.num.form, c.score = formTrail, 0.32
		switch {
		case digits == 1:
			c.score = 0.15
		case digits == 2 && tagNext && r.yearEnd == 0 && r.strong != 0:
			c.score = 0.62 // copies of films nearly always have a year
		}
		if !isolated && !tagNext && last+1 < len(r.toks) {
			c.score -= 0.1
			if padded && digits == 2 {
				c.score += 0.15
			}
		}
	}
	if digits >= 2 && c.num.form == formTrail && !r.latin(i-1) {
		if first, _ := utf8.DecodeRune(r.low[r.toks[i-1].start:]); isIdeograph(first) {
			c.score += 0.25 // films of the far east are seldom numbered so
		}
	}
	switch string(r.lowWord(i - 1)) {
	case "movie", "film", "movies", "gekijouban":
		c.score -= 0.5 // the eleventh film of a series
	}
	if c.num.form == formDash && padded {
		c.score += 0.1
	}
	if padded && digits < 4 {
		c.score += 0.28
	}
	if u.n > 1 {
		c.score += 0.25
	}
	if !whole {
		c.score += 0.2
	}
	if r.yearEnd > 0 && (t.gap&gapSpaced != 0 && r.yearBracket || padded || c.num.form == formHundreds && (r.television || r.fansub && isolated)) && r.yearEnd <= t.start && t.start-r.yearEnd <= 3 {
		c.score += 0.45 // "Title (2014) - 39"
	}
	if r.yearEnd > 0 && r.yearStart > t.start && !padded {
		c.score -= 0.7
	}
	if c.titleEnd <= c.titleFrom {
		return c, false
	}
	return c, true
}

// leadCandidate reads a number that begins the name: "05 - Title", "003. Show Name", "05".
func (r *reading) leadCandidate(i int) (c candidate, ok bool) {
	t := &r.toks[i]
	u, ok := r.value(i)
	if !ok || t.gap&gapDash != 0 && i == 0 && t.start > 0 {
		return c, false
	}
	last := r.lastOf(i, &u)
	u.form = formLead
	c = candidate{num: u, score: 0.2, titleFrom: last + 1, titleEnd: len(r.toks)}
	if last+1 == len(r.toks) {
		c.score = 0.3
		if r.low[t.start] == '0' {
			c.score = 0.55
		}
		c.titleEnd = last + 1
		return c, true
	}
	next := &r.toks[last+1]
	dotted := next.gap&gapDot != 0 && next.gap&(gapSpace|gapUnder) != 0
	switch {
	case next.gap&gapSpaced != 0, dotted:
		c.score = 0.45
	case next.gap&gapOpen != 0, next.is(clsStrong):
		c.score = 0.3
		c.titleEnd = last + 1
	default:
		c.score = 0
	}
	if r.low[t.start] == '0' || t.digits == 3 {
		c.score += 0.2
	}
	if r.yearEnd > 0 {
		c.score -= 0.5
	}
	return c, true
}

// specialCandidate reads the number of a special at token i: "SP01", "OVA 2". The word stays in the title, since
// catalogues list such specials as titles of their own.
func (r *reading) specialCandidate(i int) (c candidate, ok bool) {
	if i <= r.first {
		return c, false
	}
	t := &r.toks[i]
	c = candidate{score: 0.75, titleFrom: r.first}
	if t.is(clsSpecial) {
		if i+1 == len(r.toks) || r.toks[i+1].num < 0 || r.toks[i+1].digits > 2 || r.toks[i+1].start-t.end > 1 {
			return c, false
		}
		c.num, ok = r.value(i + 1)
		c.titleByte = t.end
	} else if e := longDigits(r.lowWord(i)); e > 0 && e <= 2 && r.d.words[string(r.low[t.start:t.end-e])].cls.has(clsSpecial) {
		c.num, ok = r.valueIn(t.end-e, t)
		c.titleByte = t.end - e
	}
	if !ok || !r.isolated(r.lastOf(i, &c.num)) {
		return c, false
	}
	c.num.form = formTrail
	return c, true
}

// valueIn reads the digits from byte a to the end of token t.
func (r *reading) valueIn(a int, t *token) (u numbering, ok bool) {
	n, e, ok := r.digitsAt(a, 4)
	u = numbering{start: t.start, end: e, season: -1}
	u.add(media.Number(n))
	return u, ok
}

// packedCandidate reads a season and two episodes in five or six digits, as releases from television have them:
// 10708 is S01E07-E08.
func (r *reading) packedCandidate(i int) (c candidate, ok bool) {
	t := &r.toks[i]
	n := t.num
	if t.digits != 5 && t.digits != 6 || n%100 != n/100%100+1 || n/10000 == 0 || !r.television {
		return c, false
	}
	u := numbering{form: formPair, start: t.start, end: t.end, season: n / 10000}
	u.add(media.Number(n / 100 % 100))
	u.add(media.Number(n % 100))
	return candidate{num: u, score: 0.7, titleFrom: r.first, titleEnd: i}, true
}

// shortDate reads the date 140722 as recordings from television have it.
func (r *reading) shortDate(i int) (c candidate, ok bool) {
	t := &r.toks[i]
	y, m, d := t.num/10000, t.num/100%100, t.num%100
	if t.digits != 6 || !r.television || !dayExists(m, d) || y > 39 {
		return c, false
	}
	u := numbering{form: formDate, start: t.start, end: t.end, season: -1, year: 2000 + y, month: m, day: d}
	return candidate{num: u, score: 0.75, titleFrom: r.first, titleEnd: i}, true
}

// pairCandidate reads a season and an episode with one separator between them: 2.10, 4-13, 03_19, "3 05".
func (r *reading) pairCandidate(i, end int) (c candidate, ok bool) {
	if i+1 >= end {
		return c, false
	}
	a, b := &r.toks[i], &r.toks[i+1]
	if a.num < 0 || b.num <= 0 || a.digits > 2 || b.digits != 2 || b.start-a.end != 1 || b.gap&(gapDot|gapDash|gapUnder|gapSpace) == 0 || a.group != b.group || a.gap&gapPlus != 0 || r.fansub {
		return c, false
	}
	if b.gap&gapDash != 0 && a.digits == 2 && b.num > a.num && b.num-a.num < maxNumbers {
		return c, false // a range
	}
	if i+2 < len(r.toks) && r.toks[i+2].num >= 0 && r.toks[i+2].gap == b.gap {
		return c, false // three numbers: a title (11.22.63) or a date
	}
	if i > 0 && r.toks[i-1].num >= 0 && a.gap == b.gap && i > r.first {
		return c, false
	}
	u := numbering{form: formPair, start: a.start, end: b.end, season: a.num}
	u.add(media.Number(b.num))
	c = candidate{num: u, score: 0.52, titleFrom: r.first, titleEnd: i}
	if b.gap&(gapSpace|gapUnder) != 0 {
		c.score = 0.4
	}
	if r.low[b.start] == '0' || r.low[a.start] == '0' {
		c.score += 0.12
	}
	if a.gap&gapSpaced != 0 || i+2 < len(r.toks) && r.toks[i+2].gap&gapSpaced != 0 {
		c.score += 0.15
	}
	switch {
	case r.yearEnd > 0 && r.yearEnd+1 == a.start && b.gap == gapUnder && a.digits == 2:
		c.score = 1 // "Title-2016-02_04"
	case r.yearEnd > 0:
		c.score -= 0.5
	}
	if !r.isolated(i + 1) {
		c.score -= 0.1
		if i == r.first && a.digits == 1 && b.gap&gapDash != 0 {
			c.score += 0.15 // "4-13 Cursed"
		}
	}
	return c, true
}
