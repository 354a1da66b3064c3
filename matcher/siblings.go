package matcher

import (
	"slices"

	"github.com/simkld/simkld/internal/media"
)

// maxSiblings bounds how many names of a folder are looked at.
const maxSiblings = 2000

// row is what the siblings of a file have where the file has its number.
type row struct {
	nums   []int // sorted, each once
	marked int   // siblings whose numbers carry a mark (S01E02)
	videos int
	loose  bool // the numbers are of names that begin otherwise
}

// sameRow collects the numbers of the siblings whose names begin as the file's name does before its number. Where no
// name does, any name's first number of three or four digits counts.
func (m *matcher) sameRow(siblings []string, start int) row {
	var w row
	own := m.file.low[:start]
	w.nums = m.nums[:0]
	others := m.others[:0]
	for _, name := range siblings[:min(len(siblings), maxSiblings)] {
		typ, ext := typeOf(name)
		if typ != typeVideo && typ != typeUnknown {
			continue
		}
		w.videos++
		m.low = appendLower(m.low[:0], prepare(name[:len(name)-ext]))
		if markedSE(m.low) {
			w.marked++
		}
		if n, ok := numberBehind(m.low, own); ok {
			w.nums = append(w.nums, n)
		} else if n, ok := longNumber(m.low); ok {
			others = append(others, n)
		}
	}
	if len(w.nums) == 0 && start > 0 {
		w.nums, w.loose = append(w.nums, others...), len(others) > 0
	}
	m.nums, m.others = w.nums, others
	slices.Sort(w.nums)
	w.nums = slices.Compact(w.nums)
	return w
}

func hasSuffixFold(s, suffix string) bool {
	if len(s) < len(suffix) {
		return false
	}
	for i := range suffix {
		c := s[len(s)-len(suffix)+i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != suffix[i] {
			return false
		}
	}
	return true
}

// numberBehind reads the number that stands in low right behind prefix; separators need not be the same.
func numberBehind(low, prefix []byte) (int, bool) {
	i, k := 0, 0
	for k < len(prefix) {
		switch {
		case i < len(low) && low[i] == prefix[k]:
			i++
			k++
		case separator(prefix[k]):
			k++
		case i < len(low) && separator(low[i]):
			i++
		default:
			return 0, false
		}
	}
	for i < len(low) && separator(low[i]) {
		i++
	}
	return shortNumber(low, i)
}

// shortNumber reads a whole number of at most four digits at byte i.
func shortNumber(low []byte, i int) (int, bool) {
	j := i
	for j < len(low) && isDigit(low[j]) {
		j++
	}
	if j == i || j-i > 4 || j < len(low) && isAlpha(low[j]) && low[j] != 'v' {
		return 0, false
	}
	return wholeNumber(low[i:j])
}

// longNumber gives the first number of three or four digits that stands for itself.
func longNumber(low []byte) (int, bool) {
	for i := 0; i < len(low); i++ {
		if !isDigit(low[i]) {
			continue
		}
		j := i
		for j < len(low) && isDigit(low[j]) {
			j++
		}
		if (i == 0 || !isAlpha(low[i-1])) && (j-i == 3 || j-i == 4) && (j == len(low) || !isAlpha(low[j])) {
			return wholeNumber(low[i:j])
		}
		i = j
	}
	return 0, false
}

// markedSE reports whether s01e02 or 1x02 stands in low.
func markedSE(low []byte) bool {
	for i := 0; i+3 < len(low); i++ {
		if (low[i] == 'e' || low[i] == 'x') && isDigit(low[i+1]) && isDigit(low[i+2]) && i > 0 && isDigit(low[i-1]) {
			return true
		}
	}
	return false
}

// reading of a row of numbers
type rowSense uint8

const (
	rowSilent   rowSense = iota
	rowSeasons           // 101 is the first season's first
	rowAbsolute          // 101 follows 100
	rowOutside           // the file's number is none of the row: a year, or part of a title
	rowEpisodes          // 1, 2, 3, ...
)

// sense says what the row makes of the file's number n.
func (w *row) sense(n int) rowSense {
	if w.marked*2 > w.videos && n >= 100 {
		return rowSeasons
	}
	if len(w.nums) == 0 {
		return rowSilent
	}
	if w.years(n) {
		return rowSilent
	}
	low, high := w.nums[0], w.nums[len(w.nums)-1]
	if n < 100 && high < 100 {
		return w.smallSense(n)
	}
	under, seasons := 0, true
	for _, k := range w.nums {
		if k < 100 {
			under++
		}
		if r := k % 100; k >= 100 && (r == 0 || r > 50) {
			seasons = false
		}
	}
	switch {
	case n < 100:
		return rowAbsolute
	case under > 0 && under*4 >= len(w.nums), !seasons && (n <= high+30 && n+30 >= low):
		return rowAbsolute
	case n/100 < low/100-2 || n/100 > high/100+2 || !seasons:
		return rowOutside
	case n%100 == 0 || n%100 > 50:
		return rowAbsolute
	case low/100 == high/100 && low%100 > 3 && (low >= 1000 || len(w.nums) >= 8): // one block that does not begin at its start
		return rowAbsolute
	case len(w.nums) >= 2, n < 1000:
		return rowSeasons
	}
	return rowSilent
}

// years reports whether the row is of films, each with its year, or of one film in several files.
func (w *row) years(n int) bool {
	switch {
	case n < 1000:
		return false
	case w.loose:
		return plausibleYear(n) || !slices.ContainsFunc(w.nums, func(k int) bool { return !plausibleYear(k) })
	default:
		return len(w.nums) == 1 && w.nums[0] == n
	}
}

// smallSense judges a number below 100 beside others below 100: episodes run from 1 on without a break.
func (w *row) smallSense(n int) rowSense {
	have := 0
	for k := 1; k <= n; k++ {
		if _, ok := slices.BinarySearch(w.nums, k); ok || k == n {
			have++
		}
	}
	run := 0
	for _, k := range w.nums {
		if k >= n-3 && k <= n+3 && k != n {
			run++
		}
	}
	switch {
	case len(w.nums) >= 3 && have*4 >= n*3:
		return rowEpisodes
	case len(w.nums) >= 5 && run >= 3:
		return rowEpisodes
	}
	return rowSilent
}

// besideSiblings judges a bare number with the names of the folder's other files.
func (m *matcher) besideSiblings(h *hypothesis, c *candidate, siblings []string) {
	if len(siblings) == 0 || c.num.n == 0 {
		return
	}
	if c.num.form == formPair {
		m.pairBeside(h, c, siblings)
		return
	}
	n, whole := c.num.nums[0].Int()
	if !whole {
		return
	}
	if m.ctx.season > 0 && m.ctx.seasonName && n >= 100 && n/100 == m.ctx.season && h.num.season == m.ctx.season && !m.ctx.anime && !m.file.fansub {
		return // "Season 5/514", whatever lies beside it
	}
	w := m.sameRow(siblings, c.num.start)
	switch w.sense(n) {
	case rowSeasons:
		m.say("its siblings make %d season %d, episode %d", n, n/100, n%100)
		h.num.season, h.num.n = n/100, 0
		for _, v := range c.num.nums[:c.num.n] {
			k, _ := v.Int()
			h.num.add(media.Number(k % 100))
		}
		h.score = max(h.score, 0.6) + 0.35
	case rowAbsolute:
		m.say("its siblings make %d a number of the whole series", n)
		h.num.nums, h.num.n, h.num.season = c.num.nums, c.num.n, m.seasonOf(&m.file)
		h.score = max(h.score, 0.6) + 0.35
	case rowOutside:
		m.say("its siblings' numbers are far from %d", n)
		h.score -= 0.4
	case rowEpisodes:
		if m.ctx.films {
			return // sequels are numbered alike
		}
		m.say("its siblings are numbered as episodes")
		h.score = max(h.score, 0.5) + 0.35
	case rowSilent:
	}
}

// pairBeside judges "3-10" or "3 05" by its siblings: they are numbered the same way.
func (m *matcher) pairBeside(h *hypothesis, c *candidate, siblings []string) {
	second := m.file.tokenAt(c.num.start) + 1
	if second <= 0 || second >= len(m.file.toks) {
		return
	}
	w := m.sameRow(siblings, m.file.toks[second].start)
	n, _ := c.num.nums[0].Int()
	if len(w.nums) >= 3 && w.smallSense(n) == rowEpisodes {
		m.say("its siblings count episodes behind the same season")
		h.score = max(h.score, 0.5) + 0.5
	}
}

// company is what lies beside a file besides videos.
type company struct{ music, papers int }

// companyOf counts the sound files and the documents among the siblings.
func companyOf(siblings []string) company {
	var c company
	for _, s := range siblings[:min(len(siblings), maxSiblings)] {
		switch typ, _ := typeOf(s); {
		case typ == typeMusic, typ == typePlaylist:
			c.music++
		case hasSuffixFold(s, ".pdf"), hasSuffixFold(s, ".pptx"), hasSuffixFold(s, ".ipynb"):
			c.papers++
		}
	}
	return c
}

// dateRow reads "03.02.05" as a date where the siblings' names have dates in the same place, which also tell the order
// of day, month and year.
func (m *matcher) dateRow(siblings []string) (numbering, bool) {
	f := &m.file
	at := -1
	for i := f.first + 1; i+2 < len(f.toks); i++ {
		if f.shortTriple(i) {
			at = i
			break
		}
	}
	if at < 0 || len(siblings) == 0 {
		return numbering{}, false
	}
	own := [3]int{f.toks[at].num, f.toks[at+1].num, f.toks[at+2].num}
	rows := [][3]int{own}
	prefix := f.low[:f.toks[at].start]
	for _, name := range siblings[:min(len(siblings), maxSiblings)] {
		low := appendLower(nil, prepare(name))
		if t, ok := tripleBehind(low, prefix); ok {
			rows = append(rows, t)
		}
	}
	if len(rows) < 3 {
		return numbering{}, false
	}
	for _, order := range [...][3]int{{2, 0, 1}, {2, 1, 0}, {0, 1, 2}} { // where year, month and day stand
		late := false
		ok := true
		for _, t := range rows {
			ok = ok && dayExists(t[order[1]], t[order[2]])
			late = late || t[order[2]] > 12
		}
		if ok && (late || order[0] == 2 && order[1] == 1 && !m.lateMonth(rows)) {
			year := 2000 + own[order[0]]
			if own[order[0]] >= 50 {
				year -= 100
			}
			m.say("its siblings' names have dates in the same place")
			return numbering{form: formDate, start: f.toks[at].start, end: f.toks[at+2].end, season: -1, year: year, month: own[order[1]], day: own[order[2]]}, true
		}
	}
	return numbering{}, false
}

// lateMonth reports whether the order month, day, year is needed to make dates of the rows.
func (m *matcher) lateMonth(rows [][3]int) bool {
	for _, t := range rows {
		if t[1] > 12 {
			return true
		}
	}
	return false
}

// pieces reports whether the number counts the files of one film: few files, numbered from 1, in a library of films or
// in none, none of them without a number (which would be the first film of a row of sequels).
func (m *matcher) pieces(c *candidate, siblings []string) bool {
	if len(siblings) == 0 || c.num.form != formTrail || c.digits != 1 || m.ctx.series || m.ctx.anime || m.ctx.season >= 0 || m.file.fansub {
		return false
	}
	n, _ := c.num.nums[0].Int()
	w := m.sameRow(siblings, c.num.start)
	if n < 1 || n > 3 || len(w.nums) == 0 || len(w.nums) > 2 || w.videos != len(w.nums) || !m.ctx.films {
		return false
	}
	for k := 1; k <= len(w.nums)+1; k++ {
		if _, ok := slices.BinarySearch(w.nums, k); !ok && k != n {
			return false
		}
	}
	return true
}

// letterPart reads "Barry Lyndon.b" beside "Barry Lyndon.a": one film in two files.
func (m *matcher) letterPart(film *hypothesis, siblings []string) {
	f := &m.file
	last := len(f.toks) - 1
	if last < 1 || f.toks[last].end-f.toks[last].start != 1 || len(siblings) == 0 || f.yearEnd > f.toks[last].start {
		return
	}
	letter := f.low[f.toks[last].start]
	if letter < 'a' || letter > 'd' {
		return
	}
	other := byte('a')
	if letter == 'a' {
		other = 'b'
	}
	want := append(append([]byte{}, f.low[:f.toks[last].start]...), other)
	for _, s := range siblings[:min(len(siblings), maxSiblings)] {
		typ, ext := typeOf(s)
		if m.low = appendLower(m.low[:0], prepare(s[:len(s)-ext])); typ == typeVideo && string(m.low) == string(want) {
			film.part, film.partAt = int(letter-'a')+1, f.toks[last].start
			if film.tfrom == f {
				film.title = f.clean(f.spanOf(f.first, min(last, f.limit)))
			}
			m.say("one film in several files")
			return
		}
	}
}

// shortTriple reports whether three numbers of two digits with one separator begin at token i.
func (r *reading) shortTriple(i int) bool {
	for k := i; k < i+3; k++ {
		if r.toks[k].digits != 2 || k > i && (r.toks[k].gap != r.toks[i+1].gap || !tight(&r.toks[k])) {
			return false
		}
	}
	return true
}

// tripleBehind reads three numbers of two digits right behind prefix.
func tripleBehind(low, prefix []byte) (t [3]int, ok bool) {
	if len(low) < len(prefix)+8 || string(low[:len(prefix)]) != string(prefix) {
		return t, false
	}
	rest := low[len(prefix):]
	for k := range 3 {
		n, ok := wholeNumber(rest[k*3 : k*3+2])
		if !ok || k < 2 && !separator(rest[k*3+2]) {
			return t, false
		}
		t[k] = n
	}
	return t, true
}
