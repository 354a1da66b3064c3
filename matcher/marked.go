package matcher

import "github.com/simkld/simkld/internal/media"

// seasonMark is a season that a name gives: where it stands and which one.
type seasonMark struct {
	found      bool
	season     int
	start, end int
}

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

// readSeason reads a season at token i, and the episode after it. It returns the last token that it used.
func (r *reading) readSeason(i int) int {
	s, end, ok := r.seasonAt(i)
	if !ok {
		return i
	}
	t := &r.toks[i]
	start := t.start
	j := end
	for n := 0; n < 4; n++ {
		c := r.at(j)
		if !separator(c) && c != ',' && c != '(' && c != '[' && c != ')' && !(c == 'x' && r.at(j+1) == 'e') {
			break
		}
		j++
	}
	if short := r.low[t.start] == 's' && isDigit(r.at(t.start+1)); short && r.at(j) == 'x' && j-end <= 1 { // s03-x01
		if v, e, ok := r.numberAt(j + 1); ok && r.endOfEpisode(e) {
			u := numbering{form: formSE, start: start, end: e, season: s}
			u.add(v)
			r.further(&u, 'x')
			r.num = u
			return r.lastToken(i, u.end)
		}
	}
	if v, e, ok := r.episodeMark(j, true); ok {
		u := numbering{form: formSE, start: start, end: e, season: s}
		if r.at(e) == '.' && isDigit(r.at(e+1)) && int(v) == s && r.at(j) == 'e' && r.low[e-1] != 'p' && r.hashBefore(e) { // S01 EP #1.2
			if v2, e2, ok := r.numberAt(e + 1); ok {
				v, u.end = v2, e2
			}
		}
		u.add(v)
		r.further(&u, 'e')
		r.num = u
		r.absoluteBeside()
		return r.lastToken(i, u.end)
	}
	short := r.low[start] == 's' && isDigit(r.at(start+1))
	if short && end-start == 2 && r.at(end) == '-' && isDigit(r.at(end+1)) && isDigit(r.at(end+2)) && r.bounded(end+3) { // S4-24
		v, e, _ := r.digitsAt(end+1, 2)
		u := numbering{form: formSE, start: start, end: e, season: s}
		u.add(media.Number(v))
		r.num = u
		return r.lastToken(i, e)
	}
	if short && end-start == 3 && (r.at(end) == '.' || r.at(end) == '-' || r.at(end) == '_') { // S01.07, S02-12
		if v, e, ok := r.digitsAt(end+1, 3); ok && e-end-1 == 2 && r.bounded(e) && !r.soundChannels(end+2) {
			u := numbering{form: formSE, start: start, end: e, season: s}
			u.add(media.Number(v))
			r.num = u
			return r.lastToken(i, e)
		}
	}
	if short && end-start == 5 && s >= 100 && !plausibleYear(s) && s%100 > 0 { // S0201
		u := numbering{form: formSE, start: start, end: end, season: s / 100}
		u.add(media.Number(s % 100))
		r.num = u
		return r.lastToken(i, end)
	}
	if !r.season.found {
		r.season = seasonMark{found: true, season: s, start: start, end: end}
	}
	return r.lastToken(i, end)
}

func (r *reading) hashBefore(e int) bool {
	for k := e - 1; k > 0 && k > e-6; k-- {
		if r.low[k] == '#' {
			return true
		}
	}
	return false
}

// seasonAt reads a season at token i: s01, season 1, staffel 2, temporada.3, season one, second season, t01.
func (r *reading) seasonAt(i int) (season, end int, ok bool) {
	t := &r.toks[i]
	c := r.low[t.start]
	if c == 's' && r.at(t.start+1) == 'o' && isDigit(r.at(t.start+2)) && r.at(t.start+3) == 'e' && isDigit(r.at(t.start+4)) { // SO2E04
		return int(r.low[t.start+2] - '0'), t.start + 3, true
	}
	if (c == 's' || c == 't') && isDigit(r.at(t.start+1)) {
		s, j, ok := r.digitsAt(t.start+1, 4)
		next := r.at(j)
		if k := r.skipSeparators(j, 1); c == 't' && k > j && (r.at(k) == 'e' && isDigit(r.at(k+1)) || i+1 < len(r.toks) && r.toks[i+1].is(clsEpisodeBefore)) { // T3 E12
			next = 'e'
		}
		if !ok || c == 't' && next != 'x' && next != 'e' && !(t.start == 0 && j == len(r.low)) {
			return 0, 0, false
		}
		if r.bounded(j) || next == 'e' || next == 'x' && (r.at(j+1) == 'e' || isDigit(r.at(j+1))) {
			return s, j, true
		}
		return 0, 0, false
	}
	if i+1 >= len(r.toks) {
		return 0, 0, false
	}
	next := &r.toks[i+1]
	near := next.start-t.end <= 3 && next.gap&^(gapSpace|gapDot|gapUnder|gapDash|gapHash) == 0
	if !near {
		return 0, 0, false
	}
	if t.is(clsOrdinal) && next.is(clsSeasonAfter) {
		return int(t.value), next.end, true
	}
	single := c == 's' && t.end-t.start == 1 || t.is(clsBook) || string(r.low[t.start:t.end]) == "se"
	if !t.is(clsSeasonBefore) && !single {
		return 0, 0, false
	}
	switch {
	case next.digits == 3 || next.digits == 4 && (!plausibleYear(next.num) || i > 0 || i+2 < len(r.toks) && !r.toks[i+2].is(clsEpisodeBefore)):
		return 0, 0, false // "Series 110", "Series.2006.S01E01"
	case next.num >= 0 && next.digits <= 4 && next.gap&gapSpaced == 0:
		if single { // "S 1 - Ep 002": only with an episode after it
			k := r.skipSeparators(next.end, 4)
			if _, _, ok := r.episodeMark(k, true); !ok {
				return 0, 0, false
			}
		}
		return next.num, next.end, true
	case next.is(clsNumberWord|clsRoman) && next.value > 0 && !next.is(clsMonth):
		if string(r.low[t.start:t.end]) == "series" && i > 0 || r.at(next.end) == '-' && isDigit(r.at(next.end+1)) {
			return 0, 0, false // "Series Six-0"
		}
		if k := r.skipSeparators(next.end, 4); single {
			if _, _, ok := r.episodeMark(k, true); !ok {
				return 0, 0, false
			}
		}
		return int(next.value), next.end, true
	case single:
		return 0, 0, false
	case isDigit(r.low[next.start]): // "Season 1x05", "Series 2v2"
		if s, j, ok := r.digitsAt(next.start, 2); ok && r.bounded(r.skipVersion(j)) {
			return s, j, true
		}
	}
	return 0, 0, false
}

// readDigits reads what begins with a digit at token i: 1x02, 2024-02-12, 1of6, 2nd Season, 3. díl, 12話.
func (r *reading) readDigits(i int) int {
	t := &r.toks[i]
	if u, ok := r.timesAt(t.start); ok {
		r.num = u
		r.absoluteBeside()
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
	u = numbering{form: formSE, start: a, end: e, season: s}
	u.add(v)
	r.further(&u, 'x')
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

// ofAt reads 1of6, 1 of 6, 3iz6 at token i.
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
		return u, false
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

// numberBeforeWord reads numbers whose word follows: "2nd Season", "2. Staffel", "3. díl", "09-я серия", "12話".
func (r *reading) numberBeforeWord(i int) int {
	t := &r.toks[i]
	n, j, ok := r.digitsAt(t.start, 4)
	if !ok {
		return i
	}
	ordinal := false
	switch string(r.low[j:t.end]) {
	case "":
	case "st", "nd", "rd", "th":
		ordinal = true
	default:
		return r.numberInWord(i, n, j)
	}
	if i+1 >= len(r.toks) {
		return i
	}
	k := i + 1
	w := &r.toks[k]
	if w.end-w.start <= 2 && w.gap&(gapDash) != 0 && w.gap&gapSpaced == 0 && r.at(w.start) >= 0xD0 && r.at(w.start) <= 0xD1 && k+1 < len(r.toks) {
		ordinal = true // 5-й
		k++
		w = &r.toks[k]
	}
	if w.start-r.toks[k-1].end > 2 || w.gap&^(gapSpace|gapDot|gapUnder|gapDash) != 0 {
		return i
	}
	// In a name with spaces "5.Sezon" is one piece; a word that never stands before its number needs no dot at all.
	dotted := w.gap&gapDot != 0 && (w.gap|t.gap)&gapSpace != 0
	joined := ordinal || w.start == t.end || w.gap&gapDot != 0 || r.at(w.start) >= 0x80
	switch {
	case w.is(clsSeasonAfter) && joined && (ordinal || dotted || r.at(w.start) >= 0x80 || !w.is(clsSeasonBefore)):
		if !r.season.found {
			r.season = seasonMark{found: true, season: n, start: t.start, end: w.end}
		}
		return k
	case w.is(clsEpisodeAfter) && (!w.is(clsEpisodeBefore) || joined && (ordinal || dotted || r.at(w.start) >= 0x80 || w.start == t.end)):
		if w.is(clsEpisodeBefore) && k+1 < len(r.toks) && r.toks[k+1].num >= 0 && r.toks[k+1].gap&gapOpen == 0 && !ordinal { // "1. Episode 5"
			return i
		}
		u := numbering{form: formEpisode, start: t.start, end: w.end, season: -1}
		u.add(media.Number(n))
		r.better(u)
		return k
	}
	return i
}

// numberInWord reads a number with its word glued behind it at token i: "2sezon", "1seriya".
func (r *reading) numberInWord(i, n, wordStart int) int {
	t := &r.toks[i]
	w := r.d.words[string(r.low[wordStart:t.end])]
	switch {
	case w.cls.has(clsSeasonAfter) && t.end-wordStart >= 3:
		if !r.season.found {
			r.season = seasonMark{found: true, season: n, start: t.start, end: t.end}
		}
	case w.cls.has(clsEpisodeAfter) && t.end-wordStart >= 3:
		u := numbering{form: formEpisode, start: t.start, end: t.end, season: -1}
		u.add(media.Number(n))
		r.better(u)
	}
	return i
}

// readEpisode reads an episode without a season at token i: E07, Ep08, Episode 14, Folge 3, Cap.209.
func (r *reading) readEpisode(i int) {
	t := &r.toks[i]
	if i > 0 && r.toks[i-1].num >= 0 && t.is(clsEpisodeAfter) && t.gap&gapDot != 0 && t.gap&gapSpace != 0 {
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
	case (word == "cap" || word == "caap" || word == "capitulo" || word == "capítulo") && whole && digits >= 3 && n%100 > 0:
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

// seasonAfterEpisode reads "E02.S2010".
func (r *reading) seasonAfterEpisode(u *numbering) {
	i := r.tokenAt(u.end)
	if i < 0 || r.low[r.toks[i].start] != 's' {
		return
	}
	if s, end, ok := r.seasonAt(i); ok && r.bounded(end) {
		u.season, u.end, u.form = s, end, formSE
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

// readGluedWord reads a word with its number glued behind it at token i: "Temporada1", "Folge12".
func (r *reading) readGluedWord(i int) {
	t := &r.toks[i]
	if t.cls != 0 || t.num >= 0 || !isDigit(r.low[t.end-1]) {
		return
	}
	w := r.lowWord(i)
	d := longDigits(w)
	if d > 4 || len(w)-d < 4 {
		return
	}
	n, _ := wholeNumber(w[len(w)-d:])
	switch cls := r.d.words[string(w[:len(w)-d])].cls; {
	case cls.has(clsSeasonBefore) && d <= 2 && !r.season.found:
		r.season = seasonMark{found: true, season: n, start: t.start, end: t.end}
	case cls.has(clsEpisodeBefore):
		u := numbering{form: formEpisode, start: t.start, end: t.end, season: -1}
		u.add(media.Number(n))
		r.better(u)
	}
}

// readCounter reads 第12話, 第2期, 第二季, 제5화 at token i. It returns the last token that it used.
func (r *reading) readCounter(i int) int {
	t := &r.toks[i]
	text := r.low[t.start:t.end]
	at := -1
	for k := 0; k+3 <= len(text); k++ {
		if m := string(text[k : k+3]); m == "第" || m == "제" {
			at = k
		}
	}
	if at < 0 {
		return i
	}
	start := t.start + at
	j := start + 3
	for separator(r.at(j)) {
		j++
	}
	n, e, ok := r.digitsAt(j, 5)
	if !ok {
		length := 0
		n, length = chineseNumber(r.low[j:])
		if length == 0 {
			return i
		}
		e = j + length
	}
	e2 := r.skipSeparators(e, 1)
	if e2+3 > len(r.low) {
		return i
	}
	switch string(r.low[e2 : e2+3]) {
	case "話", "话", "集", "回", "화", "회", "章", "幕", "夜":
		u := numbering{form: formEpisode, start: start, end: e2 + 3, season: -1}
		u.add(media.Number(n))
		r.better(u)
	case "期", "季", "部", "기":
		if !r.season.found {
			r.season = seasonMark{found: true, season: n, start: start, end: e2 + 3}
		}
	default:
		return i
	}
	return r.lastToken(i, e2+3)
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
