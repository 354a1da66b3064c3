package matcher

import (
	"bytes"
	"unicode/utf8"
)

// gap says what stands between a token and the one before it.
type gap uint16

const (
	gapSpace gap = 1 << iota
	gapDot
	gapUnder
	gapDash   // a dash
	gapSpaced // a dash with a separator or a bracket on both sides
	gapPlus
	gapAmp
	gapComma
	gapColon
	gapHash
	gapTilde
	gapOpen  // a bracket opens
	gapClose // a bracket closes
	gapOther
)

// token is one word of a name.
type token struct {
	start, end int // bytes in the name
	gap        gap
	group      int16 // innermost bracket that it stands in, -1 for none
	cls        class
	value      int8 // from the dictionary
	num        int  // value of a number, -1 for a word
	digits     int8 // digits of a number
}

func (t *token) is(c class) bool { return t.cls&c != 0 }

// group is one pair of brackets.
type group struct {
	kind       byte // '(', '[' or '{'
	start, end int  // bytes of the brackets: text[start] opens, text[end-1] closes
	from, to   int  // tokens inside
	parent     int16
	cls        class // union of its tokens' classes
}

const maxDepth = 8

// cut divides the name into tokens and brackets. It is one pass; the work per byte is bounded.
func (r *reading) cut() {
	var open [maxDepth]int16
	depth := 0
	var g gap
	dashes, lastSep := false, byte(0)
	s := r.text
	for i := 0; i < len(s); {
		c := s[i]
		ch, n := rune(c), 1
		if c >= utf8.RuneSelf {
			ch, n = utf8.DecodeRuneInString(s[i:])
		}
		if isWordRune(ch) && (c != '\'' || i > 0) {
			end := r.wordEnd(i)
			if dashes && (g&(gapOpen|gapClose) != 0 || lastSep != 0 && lastSep != '-') {
				g |= gapSpaced
			}
			t := token{start: i, end: end, gap: g, group: -1, num: -1}
			if depth > 0 {
				t.group = open[min(depth, maxDepth)-1]
			}
			r.classify(&t)
			r.toks = append(r.toks, t)
			g, dashes, lastSep = 0, false, 0
			i = end
			continue
		}
		switch ch {
		case '(', '[', '{':
			g |= gapOpen
			r.groups = append(r.groups, group{kind: c, start: i, end: len(s), from: len(r.toks), to: len(r.toks), parent: -1})
			if depth > 0 {
				r.groups[len(r.groups)-1].parent = open[min(depth, maxDepth)-1]
			}
			if depth < maxDepth {
				open[depth] = int16(len(r.groups) - 1) //nolint:gosec // a name has at most maxName bytes
				depth++
			}
			lastSep = c
		case ')', ']', '}':
			g |= gapClose
			if depth > 0 {
				depth--
				o := &r.groups[open[depth]] //nolint:gosec // depth is at most maxDepth
				o.end, o.to = i+1, len(r.toks)
			}
			lastSep = c
		case ' ', '\t':
			g |= gapSpace
			lastSep = ' '
		case '.':
			g |= gapDot
			lastSep = '.'
		case '_':
			g |= gapUnder
			lastSep = '_'
		case '-', '–', '—', '−':
			if lastSep != 0 && lastSep != '-' || len(r.toks) == 0 {
				dashes = true
			}
			g |= gapDash
			lastSep = '-'
		case '+':
			g |= gapPlus
			lastSep = '+'
		case '&':
			g |= gapAmp
		case ',', ';':
			g |= gapComma
		case ':', '：':
			g |= gapColon
		case '#':
			g |= gapHash
		case '~', '～':
			g |= gapTilde
		default:
			g |= gapOther
		}
		i += n
	}
	for ; depth > 0; depth-- {
		r.dissolve(open[depth-1])
	}
	r.tail = g
	r.phrases()
}

// dissolve takes a bracket that never closes away: what it would hold belongs to the one around it.
func (r *reading) dissolve(k int16) {
	g := &r.groups[k]
	for i := g.from; i < len(r.toks); i++ {
		if r.toks[i].group == k {
			r.toks[i].group = g.parent
		}
	}
	for i := range r.groups {
		if r.groups[i].parent == k {
			r.groups[i].parent = g.parent
		}
	}
	g.to, g.end = g.from, g.start
}

// wordEnd finds the end of the word that begins at byte i.
func (r *reading) wordEnd(i int) int {
	s := r.text
	first, n := utf8.DecodeRuneInString(s[i:])
	ideo := isIdeograph(first)
	j := i + n
	for j < len(s) {
		c := s[j]
		if c < utf8.RuneSelf {
			if !isWordRune(rune(c)) {
				break
			}
			if ideo && c != '\'' {
				break
			}
			j++
			continue
		}
		ch, n := utf8.DecodeRuneInString(s[j:])
		if !isWordRune(ch) || isIdeograph(ch) != ideo {
			break
		}
		j += n
	}
	for j > i+1 && s[j-1] == '\'' { // a closing quote
		j--
	}
	return j
}

// classify looks a token up, or reads it by its shape.
func (r *reading) classify(t *token) {
	low := r.low[t.start:t.end]
	if isDigit(low[0]) {
		if n, ok := wholeNumber(low); ok {
			t.num, t.digits = n, int8(min(len(low), 100))
		}
	}
	w := r.d.words[string(low)]
	t.cls, t.value = w.cls, w.value
	if w.more > 0 {
		r.phraseStarts = true
	}
	if t.cls == 0 {
		t.cls = shape(low)
	}
}

// wholeNumber reads b if all of it is digits; numbers above nine digits are no numbers to us.
func wholeNumber(b []byte) (int, bool) {
	n := 0
	for _, c := range b {
		if !isDigit(c) {
			return 0, false
		}
		if n < 1e9 {
			n = n*10 + int(c-'0')
		}
	}
	return n, true
}

// shape classifies a word by how it is built: 1080p, 1920x1080, 10bit, ddp5, 800mb, 60fps, x264.
func shape(b []byte) class {
	n := len(b)
	d := 0
	for d < n && isDigit(b[d]) {
		d++
	}
	if d > 0 && d < n {
		rest := b[d:]
		switch string(rest) {
		case "p", "i", "px", "p10", "p24", "p60", "p50", "phd":
			if d >= 3 && d <= 4 {
				return clsResolution | clsStrong
			}
		case "k":
			if d == 1 {
				return clsResolution | clsWeak
			}
		case "mb", "gb", "mib", "gib":
			return clsSize | clsStrong
		case "fps", "kbps", "hz", "khz", "kb":
			return clsVideo | clsWeak
		case "bit", "bits":
			return clsVideo | clsStrong
		case "ch", "audio", "audios":
			return clsAudio | clsWeak
		}
		if rest[0] == 'x' && d >= 3 && d <= 4 && len(rest) >= 4 && len(rest) <= 5 {
			if w, ok := wholeNumber(b[:d]); ok && w >= 320 {
				if h, ok := wholeNumber(rest[1:]); ok && h >= 200 {
					return clsResolution | clsStrong
				}
			}
		}
		if (rest[0] == 'p' || rest[0] == 'i') && d >= 3 && d <= 4 && len(rest) > 2 && isDigit(rest[1]) { // 1080p24
			return clsResolution | clsStrong
		}
		return 0
	}
	// letters, then digits: aac2, ddp5, m1080p
	l := 0
	for l < n && !isDigit(b[l]) {
		l++
	}
	if l == n {
		return ripShape(b)
	}
	if l == 0 {
		return 0
	}
	switch string(b[:l]) {
	case "aac", "ddp", "dd", "eac", "ac", "dts", "flac", "opus", "truehd", "atmos", "dtsma", "heaac", "heaacv":
		if n-l == 1 {
			return clsAudio | clsStrong
		}
	case "v":
		if n == 2 {
			return clsRelease | clsWeak // the second version of a copy
		}
	case "m":
		if string(b[l:]) == "1080p" || string(b[l:]) == "720p" {
			return clsResolution | clsStrong
		}
	case "hdtvx", "webx", "hdtvh", "webh", "hdtvxvid":
		return clsSource | clsStrong
	}
	return 0
}

// ripShape reads words that are built from a source and what was done to it: brmux, satrip, uhdremux.
func ripShape(b []byte) class {
	for _, end := range [...]string{"remux", "rip", "mux"} {
		if !bytes.HasSuffix(b, []byte(end)) {
			continue
		}
		switch string(b[:len(b)-len(end)]) {
		case "br", "bd", "bluray", "dvd", "web", "webdl", "hd", "uhd", "tv", "hdtv", "vhs", "sat", "dvb", "dl", "ld", "cam", "itunes", "amzn", "nf", "dsr", "dth", "vod", "ppv", "bdrip":
			return clsSource | clsStrong
		}
	}
	return 0
}

// phrases finds words of several tokens ("Blu-ray", "WEB-DL") and gives each of them the phrase's class.
func (r *reading) phrases() {
	if !r.phraseStarts {
		return
	}
	for i := 0; i < len(r.toks); i++ {
		more := int(r.d.words[string(r.low[r.toks[i].start:r.toks[i].end])].more)
		for n := min(more, len(r.toks)-i); n >= 2; n-- {
			if r.phrase(i, n) {
				i += n - 1
				break
			}
		}
	}
}

// phrase tries the n tokens from i as one phrase.
func (r *reading) phrase(i, n int) bool {
	key := r.key[:0]
	for k := i; k < i+n; k++ {
		t := &r.toks[k]
		if k > i {
			if t.gap&^(gapSpace|gapDot|gapUnder|gapDash|gapAmp) != 0 || t.start-r.toks[k-1].end > 3 {
				return false
			}
			key = append(key, '_')
		}
		key = append(key, r.low[t.start:t.end]...)
	}
	r.key = key
	w, ok := r.d.words[string(key)]
	if !ok || w.cls == 0 {
		return false
	}
	for k := i; k < i+n; k++ {
		r.toks[k].cls = r.toks[k].cls&^(clsStrong|clsWeak|clsTag|clsEdition|clsCountry|clsRoman|clsJoiner) | w.cls
		r.toks[k].value = w.value
		r.toks[k].num = -1
	}
	return true
}
