package matcher

import (
	"github.com/simkld/simkld/internal/media"
)

// seasonMark is a season that a name gives: where it stands and which one.
type seasonMark struct {
	found      bool
	season     int
	start, end int
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
	for range 4 {
		c := r.at(j)
		if between := separator(c) || c == ',' || c == '(' || c == '[' || c == ')' || c == 'x' && r.at(j+1) == 'e'; !between {
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
	glued := 1 // letters before the number: S01, SE01EP05
	if c == 's' && r.at(t.start+1) == 'e' {
		glued = 2
	}
	if (c == 's' || c == 't') && isDigit(r.at(t.start+glued)) {
		s, j, ok := r.digitsAt(t.start+glued, 4)
		next := r.at(j)
		if k := r.skipSeparators(j, 1); c == 't' && k > j && (r.at(k) == 'e' && isDigit(r.at(k+1)) || i+1 < len(r.toks) && r.toks[i+1].is(clsEpisodeBefore)) { // T3 E12
			next = 'e'
		}
		if k := r.skipSeparators(j, 2); next != 'e' && k > j && (c == 't' || glued == 2) { // T3 Cap5, Se1.Ep2
			if _, _, ok := r.episodeMark(k, true); ok {
				next = 'e'
			}
		}
		whole := t.start == 0 && j == len(r.low) // a folder T01
		if !ok || glued == 2 && (next != 'e' || r.at(j) == 'e' && !isDigit(r.at(j+1)) && r.at(j+1) != 'p') || c == 't' && next != 'x' && next != 'e' && !whole {
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
	single := c == 's' && t.end-t.start == 1 || t.is(clsBook) || string(r.low[t.start:t.end]) == "se" || string(r.low[t.start:t.end]) == "ser"
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

// numberBeforeWord reads numbers whose word follows: "2nd Season", "2. Staffel", "3. díl", "09-я серия", "12話".
func (r *reading) numberBeforeWord(i int) int {
	t := &r.toks[i]
	n, j, ok := r.digitsAt(t.start, 5)
	if !ok {
		return i
	}
	suffix := string(r.low[j:t.end])
	ordinal := suffix != "" && isOrdinal(suffix)
	if suffix != "" && !ordinal {
		return r.numberInWord(i, n, j)
	}
	if i+1 >= len(r.toks) {
		return i
	}
	k := i + 1
	w := &r.toks[k]
	if w.end-w.start <= 2 && w.gap&gapDash != 0 && w.gap&gapSpaced == 0 && r.at(w.start) >= 0xD0 && r.at(w.start) <= 0xD1 && k+1 < len(r.toks) {
		ordinal = true // 5-й
		k++
		w = &r.toks[k]
	}
	if w.start-r.toks[k-1].end > 2 || w.gap&^(gapSpace|gapDot|gapUnder|gapDash) != 0 {
		return i
	}
	// In a name with spaces "5.Sezon" is one piece; a word that never stands before its number needs no dot at all.
	dotted := w.gap&gapDot != 0 && (w.gap|t.gap)&(gapSpace|gapUnder) != 0
	joined := ordinal || w.start == t.end || w.gap&gapDot != 0 || r.at(w.start) >= 0x80
	switch {
	case w.is(clsSeasonAfter) && r.episodeAround(k):
		u := numbering{form: formSE, start: t.start, end: r.toks[k+2].end, season: n}
		u.add(media.Number(r.toks[k+1].num))
		r.num = u
		return k + 2
	case w.is(clsSeasonBefore) && (r.seasonAndEpisode(k) || !ordinal && k+2 < len(r.toks) && r.toks[k+1].num >= 0 && r.toks[k+1].gap == gapSpace && isDigit(r.low[r.toks[k+2].start]) && w.gap == gapSpace):
		return i // "2009 Сезон 1 Серия 2": the word's number follows
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
		if prev := i - 1; prev > 0 && t.gap == gapDash && r.toks[prev].digits > 0 && r.toks[prev].num < n && n-r.toks[prev].num < maxNumbers { // 5-6 серии
			u.start = r.toks[prev].start
			u.add(media.Number(r.toks[prev].num))
			u.extend(n)
		}
		u.add(media.Number(n))
		r.better(u)
		return k
	}
	return i
}

// isOrdinal reports whether a number with this ending counts: 2nd, 2ª, 2da, 2e, 2ème, 2:a.
func isOrdinal(suffix string) bool {
	switch suffix {
	case "st", "nd", "rd", "th", "ª", "º", "a", "o", "ra", "da", "ta", "ma", "va", "na", "ro", "do", "to", "mo", "vo", "no", "er", "re", "e", "è", "ème", "eme", "ère", "ere", "de", "ste":
		return true
	}
	return false
}

// seasonAndEpisode reports whether the season's word at token k has its number behind it, and the episode's word and
// number behind that.
func (r *reading) seasonAndEpisode(k int) bool {
	return k+3 < len(r.toks) && r.toks[k+1].num >= 0 && r.toks[k+2].is(clsEpisodeBefore) && r.toks[k+3].num >= 0 && !r.toks[k+3].is(clsOther)
}

// episodeAround reports whether the number of an episode with its word behind it follows the season's word at token k:
// "3 kausi 10 jakso". A number behind that word would belong to it.
func (r *reading) episodeAround(k int) bool {
	if k+2 >= len(r.toks) || r.toks[k+1].num < 0 || r.toks[k+1].digits > 3 || !r.toks[k+2].is(clsEpisodeAfter) || r.toks[k].is(clsOther) {
		return false
	}
	if r.toks[k+1].gap&^(gapSpace|gapDot|gapUnder|gapDash|gapComma|gapClose) != 0 || r.toks[k+2].gap&^(gapSpace|gapDot|gapUnder) != 0 {
		return false
	}
	return k+3 == len(r.toks) || r.toks[k+3].num < 0 || r.toks[k+3].gap&gapOpen != 0
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
		value, length := chineseNumber(r.low[j:])
		if length == 0 {
			return i
		}
		n = value
		e = j + length
	}
	e2 := r.skipSeparators(e, 1)
	if e2+3 > len(r.low) {
		return i
	}
	if w := r.tokenAt(e2); w >= 0 && r.toks[w].start == e2 && r.toks[w].is(clsSeasonBefore) { // 第2シーズン
		if !r.season.found {
			r.season = seasonMark{found: true, season: n, start: start, end: r.toks[w].end}
		}
		return w
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
