package matcher

import (
	"slices"

	"github.com/simkld/simkld/internal/media"
)

// form is the notation in which a name gives its number.
type form uint8

const (
	formNone     form = iota
	formSE            // S01E02, 1x02, Season 1 Episode 2
	formCap           // Cap.209: season and episode in one number, marked
	formDate          // 2024-02-12
	formEpisode       // E07, Ep 7, Folge 7, #07, 第7話
	formOf            // 1of6
	formPart          // Part 6
	formDash          // - 07
	formBracket       // [07]
	formPair          // 2.10, 4-13, 03_19
	formHundreds      // 102: S01E02 or absolute
	formTrail         // Show 05
	formLead          // 05 - Title
)

const maxNumbers = 12

// numbering is one way to read a number out of a name.
type numbering struct {
	form       form
	start, end int // bytes in the name
	season     int // -1 unknown
	n          int
	nums       [maxNumbers]media.Number
	abs        [maxNumbers]media.Number // absolute numbers beside season and episode
	nabs       int
	year       int // of a date
	month, day int
}

func (u *numbering) add(v media.Number) {
	if slices.Contains(u.nums[:u.n], v) {
		return
	}
	if u.n < maxNumbers {
		u.nums[u.n] = v
		u.n++
	}
}

// extend adds the numbers after the last one up to v.
func (u *numbering) extend(v int) {
	last, ok := u.nums[u.n-1].Int()
	if !ok {
		u.add(media.Number(v))
		return
	}
	for k := last + 1; k <= v && u.n < maxNumbers; k++ {
		u.add(media.Number(k))
	}
}

// at gives the byte at i, or 0 beyond the end.
func (r *reading) at(i int) byte {
	if i >= 0 && i < len(r.low) {
		return r.low[i]
	}
	return 0
}

// digitsAt reads at most limit digits at byte i; a longer run of digits is no number.
func (r *reading) digitsAt(i, limit int) (value, end int, ok bool) {
	j := i
	for isDigit(r.at(j)) && j-i < limit {
		value = value*10 + int(r.low[j]-'0')
		j++
	}
	return value, j, j > i && !isDigit(r.at(j))
}

// bounded reports whether no word goes on at byte i.
func (r *reading) bounded(i int) bool {
	c := r.at(i)
	return !isDigit(c) && (c < 'a' || c > 'z')
}

// separator reports whether c may stand between the pieces of one notation.
func separator(c byte) bool { return c == ' ' || c == '.' || c == '_' || c == '-' }

func (r *reading) skipSeparators(i, limit int) int {
	for n := 0; n < limit && separator(r.at(i)); n++ {
		i++
	}
	return i
}

// numberAt reads the number of an episode at byte i with what may be glued to it: 02, 02v2, 22c, 07.5.
func (r *reading) numberAt(i int) (v media.Number, end int, ok bool) {
	n, j, ok := r.digitsAt(i, 5)
	if !ok {
		return 0, 0, false
	}
	v = media.Number(n)
	if r.at(j) == '.' && r.at(j+1) == '5' && r.bounded(j+2) && (!separator(r.at(j+2)) || !isDigit(r.at(j+3))) && j-i >= 2 {
		return v + 0.5, j + 2, true
	}
	return v, r.skipVersion(j), true
}

// skipVersion steps over v2 or a letter that divides one episode (22c) after a number that ends at j.
func (r *reading) skipVersion(j int) int {
	if r.at(j) == 'v' && isDigit(r.at(j+1)) && r.bounded(j+2) {
		return j + 2
	}
	if c := r.at(j); c >= 'a' && c <= 'd' && r.bounded(j+1) {
		return j + 1
	}
	return j
}

// episodeMark reads "e02", "ep02", "ep. 2", "episode 2", "folge 2" after byte j: the number and where it ends. After a
// season "chapter 2" is one too.
func (r *reading) episodeMark(j int, season bool) (v media.Number, end int, ok bool) {
	if r.at(j) == 'e' {
		k := j + 1
		if r.at(k) == 'p' {
			k++
			if r.at(k) == 's' {
				k++
			}
		}
		for n := 0; n < 3 && (separator(r.at(k)) || r.at(k) == '#'); n++ {
			k++
		}
		if v, end, ok = r.numberAt(k); ok && (r.endOfEpisode(end) || season && end-k == 2 && r.capitalAt(end)) {
			return v, end, true
		}
	}
	i := r.tokenAt(j)
	if i >= 0 && season && r.toks[i].start <= j+3 { // "Cap5"
		w := r.lowWord(i)
		if d := longDigits(w); d > 0 && d <= 4 && len(w)-d >= 3 && r.d.words[string(w[:len(w)-d])].cls.has(clsEpisodeBefore) {
			if v, end, ok = r.numberAt(r.toks[i].end - d); ok && r.endOfEpisode(end) {
				return v, end, true
			}
		}
	}
	words := clsEpisodeBefore
	if season {
		words |= clsChapter
	}
	if i < 0 || i+1 >= len(r.toks) || r.toks[i].start > j+3 || !r.toks[i].is(words) {
		return 0, 0, false
	}
	next := &r.toks[i+1]
	if next.gap&^(gapSpace|gapDot|gapUnder|gapDash|gapHash) != 0 || next.start-r.toks[i].end > 3 {
		return 0, 0, false
	}
	if v, end, ok = r.numberAt(next.start); ok && r.endOfEpisode(end) {
		return v, end, true
	}
	if season && next.is(clsNumberWord) && next.value > 0 { // "Season One Episode Five"
		return media.Number(next.value), next.end, true
	}
	return 0, 0, false
}

// endOfEpisode reports whether an episode's number may end at byte i: at a boundary, or before the next one (e01e02).
func (r *reading) endOfEpisode(i int) bool {
	c := r.at(i)
	return r.bounded(i) || (c == 'e' || c == 'x' || c == 's') && (isDigit(r.at(i+1)) || r.at(i+1) == 'p' && isDigit(r.at(i+2))) ||
		c == 'e' && r.at(i+1) == 'n' && r.at(i+2) == 'd' && r.bounded(i+3)
}

// capitalAt reports whether a word with a capital begins at byte i, glued to what is before it: "S03E02Le".
func (r *reading) capitalAt(i int) bool {
	return i+1 < len(r.text) && r.text[i] >= 'A' && r.text[i] <= 'Z' && r.low[i+1] >= 'a' && r.low[i+1] <= 'z'
}

// tokenAt gives the first token that begins at byte j or after it, -1 for none.
func (r *reading) tokenAt(j int) int {
	lo, hi := 0, len(r.toks)
	for lo < hi {
		mid := (lo + hi) / 2
		if r.toks[mid].start < j {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == len(r.toks) {
		return -1
	}
	return lo
}

// further reads the rest of a list or range: E01-E03, E01E02, 1x02x03, 01-02-03, 1x01-1x02, E17 & E18.
func (r *reading) further(u *numbering, mark byte) {
	for range maxNumbers {
		k := u.end
		sep, wide := byte(0), false
		closed := r.at(k) == ')' || r.at(k) == ']' // "[1x17] & E18"
		if closed {
			k++
		}
		for range 5 {
			c := r.at(k)
			if !separator(c) && c != '+' && c != '&' && c != ',' && c != '~' {
				break
			}
			if c == '-' || c == '+' || c == '&' || c == ',' || c == '~' {
				sep = c
			} else if sep == 0 && c != '_' {
				sep = c
			}
			wide = wide || c == ' '
			k++
		}
		wide = wide || sep == '-' && k-u.end > 1
		if i := r.tokenAt(k); i >= 0 && r.toks[i].start == k && r.toks[i].is(clsJoiner) && sep != 0 && r.toks[i].end-k <= 3 &&
			r.at(k) != 'e' || r.word(i, k, "en") || r.word(i, k, "et") {
			k = r.skipSeparators(r.toks[i].end, 2)
			sep = '&'
		}
		last, _ := u.nums[u.n-1].Int()
		// marked: e02, ep02, s01e02, 1x02, x02
		if m, ok := r.markedNext(k, u.season, mark); ok {
			v, end, ok := r.numberAt(m)
			if !ok || !r.endOfEpisode(end) {
				return
			}
			r.take(u, v, last, sep)
			u.end = end
			continue
		}
		// a bare number right after a dash, plus, ampersand or underscore
		if closed && sep != '+' {
			return
		}
		v, end, ok := r.numberAt(k)
		if !ok || !r.bounded(end) {
			return
		}
		n, whole := v.Int()
		near := whole && n > last && n-last <= 20
		switch {
		case k > u.end && !wide && (sep == '-' || sep == '+' || sep == '&' || sep == '~' || sep == ',') && near && end-k >= 2-boolInt(last < 10 && (mark == 'e' || mark == '#')):
		case sep == '&' && near, sep == '+' && near:
		case k == u.end+1 && (r.at(u.end) == '_' || r.at(u.end) == '.') && n == last+1 && end-k == 2 && !r.soundChannels(k):
		case wide && (sep == '-' || sep == '~') && n == last+1 && end-k >= 2 && mark != 0 && r.atEnd(end):
		default:
			return
		}
		r.take(u, v, last, sep)
		u.end = end
	}
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// word reports whether the token i begins at byte k and is w.
func (r *reading) word(i, k int, w string) bool {
	return i >= 0 && r.toks[i].start == k && string(r.low[r.toks[i].start:r.toks[i].end]) == w
}

// soundChannels reports whether "5.1" or the like stands at byte k.
func (r *reading) soundChannels(k int) bool {
	return isDigit(r.at(k)) && r.at(k+1) == '.' && isDigit(r.at(k+2)) && r.bounded(k+3)
}

// atEnd reports whether nothing but a separator or a bracket follows byte i.
func (r *reading) atEnd(i int) bool {
	t := r.tokenAt(i)
	return t < 0 || r.toks[t].gap&gapOpen != 0
}

// take adds the next number of a list, or the numbers up to it where a dash joins them.
func (r *reading) take(u *numbering, v media.Number, last int, sep byte) {
	n, whole := v.Int()
	glued := sep == 0 && n == last+2 && u.n == 1 && !r.markedAgain(u.end) // E1E3
	if whole && (sep == '-' || sep == '~' || glued) && n > last && n-last < maxNumbers {
		u.extend(n)
		return
	}
	u.add(v)
}

// markedAgain reports whether two more marks stand glued behind byte i: a list (E01E02E04) rather than a range.
func (r *reading) markedAgain(i int) bool {
	marks := 0
	for isAlpha(r.at(i)) || isDigit(r.at(i)) {
		if r.at(i) == 'e' {
			marks++
		}
		i++
	}
	return marks > 1
}

// markedNext looks for the mark of a further episode at byte k and gives where its number begins.
func (r *reading) markedNext(k, season int, mark byte) (int, bool) {
	if r.at(k) == 's' && isDigit(r.at(k+1)) {
		s, j, ok := r.digitsAt(k+1, 4)
		if !ok || s != season {
			return 0, false
		}
		k = j
		if r.at(k) == '.' || r.at(k) == ' ' {
			k++
		}
		if r.at(k) != 'e' {
			return 0, false
		}
	}
	switch c := r.at(k); {
	case c == 'e' && isDigit(r.at(k+1)):
		return k + 1, true
	case c == 'e' && r.at(k+1) == 'p' && isDigit(r.at(k+2)):
		return k + 2, true
	case c == 'e' && r.at(k+1) == 'p' && separator(r.at(k+2)) && isDigit(r.at(k+3)):
		return k + 3, true
	case c == 'x' && mark == 'x' && isDigit(r.at(k+1)) && (isDigit(r.at(k-1)) || r.at(k-1) == '-'):
		return k + 1, true
	case isDigit(c) && mark == 'x':
		if s, j, ok := r.digitsAt(k, 4); ok && s == season && r.at(j) == 'x' && isDigit(r.at(j+1)) {
			return j + 1, true
		}
	}
	return 0, false
}
