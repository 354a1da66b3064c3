package matcher

import (
	"strings"

	"github.com/simkld/simkld/internal/media"
)

// readMarked finds the numbers that carry a mark: S01E02, 1x02, Season 1 Episode 2, E07, Folge 7, 第7話, Cap.209,
// 1of6, dates. The first of the best notation stays in r.num; a season alone in r.season.
func (r *reading) readMarked() {
	for i := 0; i < len(r.toks); i++ {
		t := &r.toks[i]
		if t.is(clsOther) {
			continue
		}
		c := r.low[t.start]
		switch {
		case isDigit(c):
			i = r.readDigits(i)
		case t.is(clsEpisodeBefore):
			r.readEpisode(i)
		case t.is(clsMonth) && t.end-t.start > 3:
			r.readMonth(i)
		case c == 's' || c == 't' || t.is(clsSeasonBefore|clsSeasonAfter|clsOrdinal|clsBook):
			i = r.readSeason(i)
		case c == 'e':
			r.readEpisode(i)
		case t.is(clsMonth):
			r.readMonth(i)
		case c >= 0xE3: // 第
			i = r.readCounter(i)
		}
		if t.gap&gapHash != 0 {
			r.readHash(i)
		}
		if r.num.form != formSE {
			r.readGlued(i)
			r.readGluedWord(i)
		}
		if r.num.form == formSE {
			return
		}
	}
}

// better keeps u if nothing as good was found before it.
func (r *reading) better(u numbering) {
	late := r.num.form == formDate && u.form == formEpisode && r.inBracket(r.num.start) || u.form == formDate && r.num.form == formEpisode && r.inBracket(u.start)
	if late { // "60.Bolum (31.01.2023)": the date only says when
		if u.form == formEpisode {
			r.num = u
		}
		return
	}
	if r.num.form == formNone || u.form < r.num.form {
		if u.form == formDate && r.num.form == formEpisode {
			r.mark = r.num.start
		}
		r.num = u
	}
}

// inBracket reports whether byte a stands in brackets.
func (r *reading) inBracket(a int) bool {
	i := r.tokenAt(a)
	return i >= 0 && r.toks[i].group >= 0
}

// lastToken gives the last token that begins before byte end, at least i.
func (r *reading) lastToken(i, end int) int {
	for i+1 < len(r.toks) && r.toks[i+1].start < end {
		i++
	}
	return i
}

// readDigits reads what begins with a digit at token i: 1x02, 2024-02-12, 1of6, 2nd Season, 3. díl, 12話.
func (r *reading) readDigits(i int) int {
	t := &r.toks[i]
	if u, ok := r.timesAt(t.start); ok {
		r.num = u
		if u.form == formSE {
			r.absoluteBeside()
		}
		return r.lastToken(i, u.end)
	}
	if u, ok := r.spacedTimes(i); ok {
		r.num = u
		return r.lastToken(i, u.end)
	}
	if u, ok := r.dateAt(i); ok {
		r.better(u)
		return r.lastToken(i, u.end)
	}
	if u, ok := r.bracketPair(i); ok {
		r.num = u
		return r.lastToken(i, u.end)
	}
	if u, ok := r.ofAt(i); ok {
		r.better(u)
		return r.lastToken(i, u.end)
	}
	return r.numberBeforeWord(i)
}

// bracketPair reads [2.10] at token i.
func (r *reading) bracketPair(i int) (u numbering, ok bool) {
	t := &r.toks[i]
	if t.group < 0 || i+1 >= len(r.toks) {
		return u, false
	}
	g, b := &r.groups[t.group], &r.toks[i+1]
	if g.kind != '[' || g.from != i || g.to != i+2 || t.num < 0 || t.digits > 2 || b.num <= 0 || b.digits < 2 || b.digits > 3 || b.gap != gapDot {
		return u, false
	}
	u = numbering{form: formSE, start: t.start, end: b.end, season: t.num}
	u.add(media.Number(b.num))
	return u, true
}

// timesAt reads 1x02 at byte a, which is no size of a picture (1280x720).
func (r *reading) timesAt(a int) (u numbering, ok bool) {
	s, j, ok := r.digitsAt(a, 4)
	if !ok || r.at(j) != 'x' {
		return u, false
	}
	if a > 1 && r.low[a-1] == '.' && isDigit(r.low[a-2]) && !isDigit(r.at(a-3)) && r.at(a-3) != 0 && r.at(a+1) == 'x' && !isDigit(r.at(a+3)) || r.inTags(a) {
		return u, false // "5.1x2+2.0x3"
	}
	if r.at(j+1) == 'e' { // 01xE03
		j++
	}
	v, e, ok := r.numberAt(j + 1)
	if r.low[0] == '[' && a == 1 && e-j-1 != 2 { // a group's name: [0x539]
		return u, false
	}
	if !ok || !r.endOfEpisode(e) || s >= 320 && v >= 200 && !(plausibleYear(s) && v <= 366) || e-j-1 > 4 {
		return u, false
	}
	month, whole := v.Int()
	if d, e2, ok := r.digitsAt(e+1, 2); ok && whole && plausibleYear(s) && r.at(e) == '.' && e2-e == 3 && dayExists(month, d) && r.bounded(e2) { // 2008x12.13
		return numbering{form: formDate, start: a, end: e2, season: -1, year: s, month: month, day: d}, true
	}
	u = numbering{form: formSE, start: a, end: e, season: s}
	u.add(v)
	r.further(&u, 'x')
	return u, true
}

// spacedTimes reads "1 x 2" at token i, behind a title and before a tag, a dash or the end.
func (r *reading) spacedTimes(i int) (u numbering, ok bool) {
	if i == 0 || i+2 >= len(r.toks) || !r.word(i+1, r.toks[i].end+1, "x") || r.toks[i+1].gap != gapSpace || r.toks[i+2].gap != gapSpace {
		return u, false
	}
	s, v := &r.toks[i], &r.toks[i+2]
	over := i+3 == len(r.toks) || r.toks[i+3].gap&(gapDash|gapOpen|gapClose) != 0 || r.toks[i+3].is(clsTag)
	if !over || s.digits < 1 || s.digits > 2 || v.digits < 1 || v.digits > 2 {
		return u, false
	}
	u = numbering{form: formSE, start: s.start, end: v.end, season: s.num}
	u.add(media.Number(v.num))
	return u, true
}

// inTags reports whether byte a stands in a bracket that holds tags before it.
func (r *reading) inTags(a int) bool {
	i := r.tokenAt(a)
	if i < 1 || r.toks[i].group < 0 {
		return false
	}
	for k := i - 1; k >= 0 && r.toks[k].group == r.toks[i].group; k-- {
		if r.toks[k].is(clsStrong) {
			return true
		}
	}
	return false
}

// ofAt reads 1of6, 1 of 6, 3iz6, 5 из 12 at token i.
func (r *reading) ofAt(i int) (u numbering, ok bool) {
	t := &r.toks[i]
	v, j, ok := r.digitsAt(t.start, 3)
	if !ok || v == 0 {
		return u, false
	}
	k := j
	if separator(r.at(k)) {
		k++
	}
	switch {
	case r.at(k) == 'o' && r.at(k+1) == 'f', r.at(k) == 'i' && r.at(k+1) == 'z':
		k += 2
	default:
		w := r.tokenAt(k)
		if w < 0 || r.toks[w].start != k {
			return u, false
		}
		switch string(r.lowWord(w)) {
		case "из", "з", "von", "sur":
			k = r.toks[w].end
		default:
			return u, false
		}
	}
	if separator(r.at(k)) {
		k++
	}
	total, e, ok := r.digitsAt(k, 3)
	if !ok || total < v || total < 2 || !r.bounded(e) {
		return u, false
	}
	u = numbering{form: formOf, start: t.start, end: e, season: -1}
	u.add(media.Number(v))
	return u, true
}

// readEpisode reads an episode without a season at token i: E07, Ep08, Episode 14, Folge 3, Cap.209.
func (r *reading) readEpisode(i int) {
	t := &r.toks[i]
	if i > 0 && r.toks[i-1].num >= 0 && t.is(clsEpisodeAfter) && t.gap&gapDot != 0 && t.gap&(gapSpace|gapUnder) != 0 {
		return
	}
	v, e, ok := r.episodeMark(t.start, false)
	if !ok {
		return
	}
	u := numbering{form: formEpisode, start: t.start, end: e, season: -1}
	n, whole := v.Int()
	word := string(r.low[t.start:t.end])
	digits := 0
	for k := e - 1; k >= 0 && isDigit(r.low[k]); k-- {
		digits++
	}
	switch {
	case strings.HasPrefix(word, "ca") && t.is(clsEpisodeBefore) && whole && digits >= 3 && n%100 > 0:
		u.form, u.season = formCap, n/100
		u.add(media.Number(n % 100))
		if c := r.at(e); c == '_' || c == '-' { // Cap.102_104
			if n2, e2, ok := r.digitsAt(e+1, 4); ok && n2/100 == n/100 && n2 > n && n2-n < maxNumbers && r.bounded(e2) {
				u.extend(n2 % 100)
				u.end = e2
			}
		}
	case whole && r.at(e) == '.' && isDigit(r.at(e+1)) && t.is(clsEpisodeBefore) && n < 100: // Episode 1.22
		v2, e2, ok := r.digitsAt(e+1, 2)
		if !ok || e2-e-1 != 2 || !r.bounded(e2) {
			u.add(v)
			break
		}
		u.form, u.season, u.end = formSE, n, e2
		u.add(media.Number(v2))
	default:
		if word == "e" {
			return // "Vitamin E 3", "U.N.C.L.E.2015"
		}
		if len(word) > 1 && word[0] == 'e' && isDigit(word[1]) && digits == 1 && (i > 0 && !t.is(clsEpisodeBefore) && r.toks[i].gap&(gapSpaced|gapDot|gapUnder) == 0) {
			if digits < 2 {
				return // "Model e3"
			}
		}
		u.add(v)
		r.further(&u, 'e')
		if u.n == 1 {
			r.spacedList(&u)
		}
		r.seasonAfterEpisode(&u)
	}
	r.better(u)
}

// spacedList reads "E01 02 04" up to the end of the name.
func (r *reading) spacedList(u *numbering) {
	i := r.tokenAt(u.end)
	if i < 0 {
		return
	}
	last, _ := u.nums[0].Int()
	for k := i; k < len(r.toks); k++ {
		t := &r.toks[k]
		if t.num <= last || t.digits != 2 || t.gap&^(gapSpace|gapDot) != 0 {
			return
		}
		last = t.num
	}
	for k := i; k < len(r.toks); k++ {
		u.add(media.Number(r.toks[k].num))
		u.end = r.toks[k].end
	}
}

// readHash reads "#04" and "#1-4" at token i.
func (r *reading) readHash(i int) {
	t := &r.toks[i]
	if i == 0 || !isDigit(r.low[t.start]) || r.low[t.start-1] != '#' || r.toks[0].num >= 0 && r.toks[1].gap&gapSpaced != 0 {
		return
	}
	v, e, ok := r.numberAt(t.start)
	if !ok || !r.bounded(e) {
		return
	}
	u := numbering{form: formEpisode, start: t.start, end: e, season: -1}
	u.add(v)
	r.further(&u, '#')
	r.better(u)
}

// readGlued finds S01E02, 1x02 or Ep02 at the end of a word that something is glued to: "DieS01E06", "Castle1x01".
func (r *reading) readGlued(i int) {
	t := &r.toks[i]
	for k := t.start + 2; k+2 < t.end; k++ {
		c := r.low[k]
		if c == 's' && isDigit(r.low[k+1]) && isDigit(r.low[k+2]) && r.at(k+3) == 'e' && !isDigit(r.low[k-1]) {
			s, _, _ := r.digitsAt(k+1, 2)
			v, e, ok := r.episodeMark(k+3, true)
			if !ok {
				continue
			}
			u := numbering{form: formSE, start: k, end: e, season: s}
			u.add(v)
			r.further(&u, 'e')
			r.num = u
			return
		}
		if c == 'x' && isDigit(r.low[k-1]) && !isDigit(r.low[k-2]) && isDigit(r.low[k+1]) && isDigit(r.low[k+2]) && r.bounded(k+3) && k-1 > t.start {
			u := numbering{form: formSE, start: k - 1, end: k + 3, season: int(r.low[k-1] - '0')}
			u.add(media.Number(int(r.low[k+1]-'0')*10 + int(r.low[k+2]-'0')))
			r.num = u
			return
		}
	}
}

// absoluteBeside reads the absolute number that may stand after season and episode: "S02E06 - 031 -", "10x14 214",
// "S01E01-02 (001-002)". Three digits at least, so that it is no part of a title.
func (r *reading) absoluteBeside() {
	u := &r.num
	i := r.tokenAt(u.end)
	if i < 0 {
		return
	}
	t := &r.toks[i]
	if t.num < 0 || t.digits < 3 || t.digits > 4 || plausibleYear(t.num) && t.digits == 4 || t.start-u.end > 4 || u.season > 1900 && t.digits > 3 {
		return
	}
	if v, _ := u.nums[0].Int(); t.num < v && t.gap&gapSpaced == 0 {
		return
	}
	alone := t.gap&(gapSpaced|gapOpen) != 0 || r.low[t.start] == '0' || i+1 == len(r.toks) || r.toks[i+1].gap&gapOpen != 0 || r.toks[i+1].is(clsSource|clsResolution)
	if i+1 < len(r.toks) && r.toks[i+1].gap&(gapSpaced|gapClose|gapOpen|gapDash) == 0 && !r.toks[i+1].is(clsStrong) && r.low[t.start] != '0' {
		alone = false
	}
	if !alone {
		return
	}
	a := numbering{end: t.end, season: -1, start: t.start}
	a.add(media.Number(t.num))
	if u.n > 1 && i+1 < len(r.toks) && r.toks[i+1].num >= 0 && r.toks[i+1].gap == gapDash {
		a.extend(r.toks[i+1].num)
		a.end = r.toks[i+1].end
	}
	u.abs, u.nabs = a.nums, a.n
}
