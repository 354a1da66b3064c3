package matcher

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// findTitle finds where the title stands: after groups and sites, before numbers, years and tags.
func (r *reading) findTitle() {
	for i := range r.toks {
		r.tags |= r.toks[i].cls & clsTag
		if r.toks[i].is(clsStrong) {
			r.strong |= r.toks[i].cls & clsTag
			r.television = r.television || bytes.Contains(r.lowWord(i), []byte("tv")) && r.toks[i].is(clsSource) || string(r.lowWord(i)) == "dsr"
		}
	}
	r.first = r.skipLead()
	r.limit = r.beforeAlias(r.stopFrom(r.first))
	r.title = r.spanOf(r.first, r.limit)
	if n := r.numStart(); r.title.end > n { // glued: "DieS01E06"
		r.title.end = n
	}
	if r.brackets {
		r.bracketTitle()
	}
	if n := len(r.toks); n > 0 && r.toks[n-1].gap&gapDash != 0 && r.toks[n-1].gap&(gapSpaced|gapSpace) == 0 && n-1 > r.limit {
		r.releaseGroup = true
	}
}

// beforeAlias gives where the title before "AKA" or "a.k.a." ends, or end where there is none: catalogues list the first.
func (r *reading) beforeAlias(end int) int {
	for i := r.first + 1; i+1 < end; i++ {
		switch t := &r.toks[i]; r.text[t.start:t.end] {
		case "AKA", "aka":
			return i
		case "A", "a":
			if i+3 < end && r.word(i+1, t.start+2, "k") && r.word(i+2, t.start+4, "a") && r.low[t.start+1] == '.' && r.low[t.start+3] == '.' {
				return i
			}
		}
	}
	return end
}

// skipLead steps over what may stand before a title: a site, [Group], (2000).
func (r *reading) skipLead() int {
	i := 0
	lead := 0
	for lead < len(r.toks)-1 && r.toks[lead].is(clsOther) {
		lead++
	}
	r.brackets = r.toks[lead].group >= 0
	numbers := 0
	for k := range r.toks {
		t := &r.toks[k]
		if t.group >= 0 || t.is(clsOther|clsStrong) || t.is(clsTag) && r.numberedBefore(t.start) || t.start >= r.numStart() {
			continue
		}
		if numbers++; t.num < 0 || numbers > 1 || len(r.groups) < 2 {
			r.brackets = false
			break
		}
	}
	if r.brackets {
		r.fansub = len(r.groups) > 1 && r.groups[0].start == 0 && r.groups[0].kind == '['
		return 0
	}
	for i < len(r.toks) {
		t := &r.toks[i]
		channel := i == 0 && r.low[t.start] == '@' && len(r.toks) > 1 && r.toks[1].gap&gapSpaced != 0
		if t.is(clsOther) || channel {
			i++
			continue
		}
		if t.group < 0 {
			if i == 0 && t.num >= 0 && len(r.toks) > 1 && r.toks[1].group >= 0 && r.isGroupName(&r.groups[r.toks[1].group]) {
				i = 1 // "37 [Group] Title"
				r.fansub = true
				continue
			}
			if i+1 < len(r.toks) && t.is(clsResolution) && t.is(clsStrong) && !r.toks[i+1].is(clsTag) {
				i++ // "1080p.Heat.1995"
				continue
			}
			if r.yearEnd > 0 && t.start == r.yearStart {
				i++ // "1995 - Heat"
				continue
			}
			if r.scenePrefix(i) || r.languagePrefix(i) {
				return i + 1
			}
			break
		}
		g := r.top(t.group)
		if r.yearEnd > 0 && r.yearStart == g.start {
			i = g.to
			continue
		}
		if g.kind == '(' {
			if g.to-g.from == 1 && t.is(clsGenre) && r.titleAfter(g.to) {
				i = g.to
				continue
			}
			if g.to-g.from == 1 && t.num >= 0 && t.digits == 1 && g.to < len(r.toks) && r.toks[g.to].gap&^gapClose == 0 {
				i = g.to
				continue
			}
			break
		}
		if !r.titleAfter(g.to) || g.kind == '[' && r.onlyNumberBeforeYear(g.to) {
			break
		}
		if g.start == 0 && g.kind == '[' {
			r.fansub = true
		}
		i = g.to
	}
	return i
}

// onlyNumberBeforeYear reports whether a number and then the year follow at token i: the bracket before it is the title,
// and the number a sequel's ("[REC] 2 (2009)").
func (r *reading) onlyNumberBeforeYear(i int) bool {
	return i+1 < len(r.toks) && r.toks[i].digits == 1 && r.toks[i].gap&gapSpaced == 0 && r.yearBracket && r.toks[i+1].start > r.yearStart && r.yearStart >= r.toks[i].end
}

// isGroupName reports whether bracket g, which stands behind a leading number, is the name of a release group.
func (r *reading) isGroupName(g *group) bool {
	t := &r.toks[g.from]
	return g.kind == '[' && t.num < 0 && !g.cls.has(clsStrong) && t.start < r.numStart() && (r.yearEnd == 0 || t.start < r.yearStart) && r.titleAfter(g.to)
}

// languagePrefix reports whether token i is a language before a dash: "Fr - Paris 2054".
func (r *reading) languagePrefix(i int) bool {
	return i+1 < len(r.toks) && r.toks[i].is(clsLanguage) && r.toks[i].end-r.toks[i].start <= 3 && r.toks[i+1].gap&gapSpaced != 0 && r.toks[i+1].num < 0
}

// numberedBefore reports whether a bracket with the number of an episode stands before byte a.
func (r *reading) numberedBefore(a int) bool {
	for k := range r.groups {
		if g := &r.groups[k]; g.start < a && g.from < g.to && r.bracketNumber(g) {
			return true
		}
	}
	return false
}

// scenePrefix reports whether token i is a release group before a dotted name ("ulshd-the.right.stuff"): letters
// that make no word, then a bare dash.
func (r *reading) scenePrefix(i int) bool {
	if i+2 >= len(r.toks) || r.toks[i+1].gap != gapDash || r.toks[i+2].gap != gapDot || r.toks[i].cls != 0 {
		return false
	}
	run := 0
	for _, c := range r.text[r.toks[i].start:r.toks[i].end] {
		switch {
		case strings.ContainsRune("aeiouy", c):
			run = 0
		case c >= 'a' && c <= 'z':
			if run++; run == 4 {
				return true
			}
		default:
			return false
		}
	}
	return false
}

// numStart gives where the marked number begins, or the end of the name.
func (r *reading) numStart() int {
	switch {
	case r.num.form == formDate && r.mark > 0:
		return r.mark
	case r.num.form != formNone:
		return r.num.start
	}
	return len(r.text)
}

// top gives the outermost bracket around group k.
func (r *reading) top(k int16) *group {
	for r.groups[k].parent >= 0 {
		k = r.groups[k].parent
	}
	return &r.groups[k]
}

// titleAfter reports whether a word outside brackets that can be a title follows token i.
func (r *reading) titleAfter(i int) bool {
	for ; i < len(r.toks); i++ {
		t := &r.toks[i]
		if r.yearEnd > 0 && t.start >= r.yearStart && t.start < r.yearEnd {
			return false
		}
		if t.is(clsStrong) && t.group < 0 {
			return false
		}
		if t.group < 0 && !t.is(clsOther) {
			return true
		}
	}
	return false
}

// stopFrom gives the first token from i on that is no part of the title, and walks back over weak tags before it.
func (r *reading) stopFrom(i int) int {
	k := i
	for ; k < len(r.toks); k++ {
		t := &r.toks[k]
		if t.start >= r.numStart() && r.num.end > 0 || r.season.found && t.start >= r.season.start || r.yearEnd > 0 && t.start >= r.yearStart && r.toks[i].start < r.yearStart {
			if t.start < r.numStart() && (!r.season.found || t.start < r.season.start) {
				return r.backEditions(i, k)
			}
			return k
		}
		if t.is(clsOther) || k > i && r.discAt(k) > 0 {
			break
		}
		if t.is(clsStrong) && k > i {
			break
		}
		if t.group >= 0 && k > i && t.gap&gapOpen != 0 && r.tagBracket(t.group) {
			break
		}
		if t.group >= 0 && k > i && t.gap&gapOpen != 0 && r.groups[t.group].kind != '(' && !r.titleGoesOn(&r.groups[t.group]) {
			break
		}
	}
	if k < len(r.toks) && (r.toks[k].is(clsStrong) || r.toks[k].group >= 0) || k == len(r.toks) && r.yearEnd == 0 && r.num.form == formNone && r.tags.has(clsStrong) {
		return r.backWeak(i, k)
	}
	if k == len(r.toks) {
		return r.backEnd(i, k)
	}
	return k
}

// backEnd takes off the end of a name without any sure tag what can only be one: an edition of several words, a
// picture's format in capitals, a language after a dash.
func (r *reading) backEnd(i, k int) int {
	for k > i+1 {
		t := &r.toks[k-1]
		upper := strings.ToUpper(r.text[t.start:t.end]) == r.text[t.start:t.end]
		switch n := r.phraseBefore(k); {
		case t.is(clsEdition) && n > 1 && k-n > i:
			k -= n
		case t.is(clsVideo|clsResolution|clsSource) && t.is(clsWeak) && upper && t.end-t.start > 1 && t.num < 0:
			k--
		case t.is(clsLanguage) && upper && t.gap&gapSpaced != 0:
			k--
		default:
			return k
		}
	}
	return k
}

// tagBracket reports whether bracket g holds tags only.
func (r *reading) tagBracket(k int16) bool {
	g := &r.groups[k]
	if g.cls.has(clsStrong) || g.cls.has(clsGenre) && g.to-g.from <= 3 {
		return true
	}
	for i := g.from; i < g.to; i++ {
		if !r.toks[i].is(clsTag | clsOther | clsEdition) {
			return false
		}
	}
	return g.to > g.from
}

// titleGoesOn reports whether the title goes on after a square bracket inside it ("no [Locodol] Yatte Mita").
func (r *reading) titleGoesOn(g *group) bool {
	if g.to >= len(r.toks) || g.to-g.from > 3 {
		return false
	}
	t := &r.toks[g.to]
	if t.group < 0 && t.num >= 0 && t.gap&gapSpaced != 0 && r.fansub && g.to-g.from <= 2 && g.cls == 0 {
		return true // "Genome [Jikkyouchuu] - 01"
	}
	return t.group < 0 && t.num < 0 && t.gap&(gapDash|gapOpen) == 0 && !t.is(clsTag|clsOther) && t.start < r.numStart() && (r.yearEnd == 0 || t.start < r.yearStart) && r.toks[g.from].num < 0
}

// backWeak walks from token k back over weak tags, as long as something of the title is left.
func (r *reading) backWeak(i, k int) int {
	for k > i+1 && r.toks[k-1].is(clsWeak|clsEdition|clsSize) && !r.toks[k-1].is(clsStrong) {
		if t := &r.toks[k-1]; (t.is(clsOrdinary) || t.is(clsLanguage) && t.end-t.start == 2) && !t.is(clsEdition) && ordinaryCase(r.text[t.start:t.end]) && (t.end-t.start < 5 || !r.lowerCase()) {
			break // "Make It 1080p"
		}
		n := r.phraseBefore(k)
		if k-n <= i {
			break
		}
		k -= n
	}
	return k
}

// lowerCase reports whether the whole name is in lower case, as releases are before they are renamed: case then says
// nothing of a word.
func (r *reading) lowerCase() bool { return string(r.low) == r.text }

// ordinaryCase reports whether a word is written as in running text: not in capitals, nor in the mixture of releases
// ("iNTERNAL").
func ordinaryCase(w string) bool {
	return strings.ToLower(w[1:]) == w[1:] && (len(w) > 1 || strings.ToLower(w) == w)
}

// backEditions walks back over the names of editions before a year.
func (r *reading) backEditions(i, k int) int {
	back := k
	for back > i+1 && r.toks[back-1].is(clsLanguage) && !r.toks[back-1].is(clsEdition) {
		back--
	}
	if back > i+1 && r.toks[back-1].is(clsEdition) || r.languageBefore(i, k) { // "DC German 1983"
		k = back
	}
	if k > i+2 && r.word(k-1, r.toks[k-1].start, "anniversary") && r.ordinalWord(k-2) { // "10th Anniversary 1995"
		k -= 2
	}
	for k > i+1 && r.toks[k-1].is(clsEdition) {
		n := r.phraseBefore(k)
		if r.ordinalWord(k-n-1) && k-n-1 > i { // "15th Anniversary Edition"
			n++
		}
		if k-n <= i || k-n == i+1 && article(r.lowWord(i)) || n == 1 && conjunction(r.lowWord(k-2)) {
			break // "The Final Cut", "Longer and Uncut"
		}
		k -= n
	}
	return k
}

func conjunction(w []byte) bool {
	switch string(w) {
	case "and", "or", "of", "und", "et", "y", "e":
		return true
	}
	return false
}

// languageBefore reports whether the word before the year at token k is the language of the copy and not the end of
// the title: a title of three words is left, the last of which leads to no noun, and sure tags follow.
func (r *reading) languageBefore(i, k int) bool {
	if k-i < 4 || k+1 >= len(r.toks) || !r.tagsLater(k+1) || r.toks[k].num < 0 || r.toks[k].group >= 0 || !r.toks[k-1].is(clsLanguage) || r.toks[k-1].end-r.toks[k-1].start < 4 {
		return false
	}
	switch w := r.lowWord(k - 2); string(w) {
	case "in", "my", "your", "good", "of", "to", "un", "una", "mon", "mein", "non", "auf", "en", "speak":
		return false
	default:
		return !article(w)
	}
}

// tagsLater reports whether a sure tag stands at token k or behind it.
func (r *reading) tagsLater(k int) bool {
	for ; k < len(r.toks); k++ {
		if r.toks[k].is(clsStrong) {
			return true
		}
	}
	return false
}

// ordinalWord reports whether token i is "15th" or the like.
func (r *reading) ordinalWord(i int) bool {
	if i < 0 || !isDigit(r.low[r.toks[i].start]) {
		return false
	}
	_, j, ok := r.digitsAt(r.toks[i].start, 3)
	return ok && j < r.toks[i].end && isOrdinal(string(r.low[j:r.toks[i].end]))
}

// phraseBefore gives the length in tokens of the edition's name that ends before token k.
func (r *reading) phraseBefore(k int) int {
	if !r.toks[k-1].is(clsEdition) {
		return 1
	}
	n := 1
	for k-n-1 >= 0 && r.toks[k-n-1].is(clsEdition) {
		n++
	}
	return n
}

// spanOf gives the bytes of tokens [i, k) with the brackets and marks that belong to them.
func (r *reading) spanOf(i, k int) span {
	if i >= k {
		return span{}
	}
	s := span{r.toks[i].start, r.toks[k-1].end}
	if g := r.toks[i].group; g >= 0 {
		if t := r.top(g); t.from == i && t.to <= k {
			s.start = t.start
		}
	}
	if s.start > 0 && r.text[s.start-1] == '#' {
		s.start--
	}
	if g := r.toks[k-1].group; g >= 0 {
		if t := r.top(g); t.to == k && t.from >= i {
			s.end = t.end
		}
	}
	for s.end < len(r.text) {
		c, n := utf8.DecodeRuneInString(r.text[s.end:])
		if !strings.ContainsRune("!?'’…！？☆★♪♥", c) {
			break
		}
		s.end += n
	}
	if s.end < len(r.text) && r.text[s.end] == '.' && r.acronym(s) {
		s.end++
	}
	return s
}

// acronym reports whether the text ends in single letters with dots between ("S.H.I.E.L.D").
func (r *reading) acronym(s span) bool {
	e := s.end
	return e-s.start >= 3 && r.text[e-2] == '.' && isAlpha(r.low[e-1]) && isAlpha(r.low[e-3]) && (e-4 < s.start || !isAlpha(r.low[e-4]) && !isDigit(r.low[e-4]))
}

// bracketTitle finds the title of a name in which everything stands in brackets: "[Group][Title][03][1080p]".
func (r *reading) bracketTitle() {
	best, count := -1, 0
	for k := range r.groups {
		g := &r.groups[k]
		if g.parent >= 0 || g.from >= g.to {
			continue
		}
		if r.toks[g.from].is(clsOther) {
			continue
		}
		if r.bracketNumber(g) || r.toks[g.from].start >= r.numStart() {
			break
		}
		if !r.titleLike(g) {
			continue
		}
		count++
		switch {
		case best < 0, count == 2 && g.kind == '[':
			best = k
		case g.kind == '[' && !r.latinGroup(&r.groups[best]) && r.latinGroup(g):
			best = k
		}
	}
	if best < 0 {
		return
	}
	g := &r.groups[best]
	r.first = g.from
	if count > 0 && best == 0 && count == 1 {
		r.fansub = false
	}
	end := g.from
	for ; end < g.to && r.toks[end].start < r.numStart() && !r.seasonHere(end); end++ {
		t := &r.toks[end]
		if r.yearEnd > 0 && t.start >= r.yearStart && t.num == r.year || t.is(clsStrong) && end > g.from {
			break
		}
	}
	if end < g.to || g.cls.has(clsStrong) {
		end = r.backWeak(g.from, end)
	} else {
		end = r.backEditions(g.from, end)
	}
	r.limit = end
	if end == g.from {
		r.title = span{}
		return
	}
	r.title = span{r.toks[g.from].start, max(r.toks[g.from].end, r.toks[end-1].end)}
	if end == g.to {
		r.title.end = max(r.title.end, g.end-1)
	}
}

// seasonHere reports whether a season stands at token i.
func (r *reading) seasonHere(i int) bool {
	if r.season.found && r.toks[i].start >= r.season.start && r.toks[i].start < r.season.end {
		return true
	}
	_, _, ok := r.seasonAt(i)
	return ok
}

// bracketNumber reports whether bracket g holds the number of an episode.
func (r *reading) bracketNumber(g *group) bool {
	t := &r.toks[g.from]
	return g.kind != '(' && t.num >= 0 && t.digits <= 4 && (t.digits < 4 || !plausibleYear(t.num)) && g.to-g.from <= 2 && g.cls&clsTag == 0
}

// titleLike reports whether bracket g can hold a title.
func (r *reading) titleLike(g *group) bool {
	words := 0
	if r.toks[g.from].is(clsStrong) {
		return false
	}
	for i := g.from; i < g.to; i++ {
		t := &r.toks[i]
		if t.is(clsOther) {
			return false
		}
		if !t.is(clsTag) && t.num < 0 {
			words++
		}
	}
	if words == 0 {
		return false
	}
	text := r.text[g.start:g.end]
	for _, mark := range [...]string{"新番", "国漫", "國漫", "字幕", "月番"} {
		if strings.Contains(text, mark) && g.start > 0 {
			return false
		}
	}
	return true
}

func (r *reading) latinGroup(g *group) bool { return r.latin(g.from) }

// clean gives a span of the name as a title: separators as spaces, brackets kept, ends trimmed. It costs an
// allocation only where something has to change.
func (r *reading) clean(s span) string {
	if s.empty() {
		return ""
	}
	s = r.preferLatin(s)
	text := strings.Trim(r.text[s.start:s.end], " _-–—,:;|~+*\t\"")
	if !strings.Contains(text, "..") || strings.Contains(text, " ") {
		text = strings.TrimRight(text, " ")
	}
	spaced := strings.IndexByte(text, ' ') >= 0
	plain := true
	for i := 0; i < len(text) && plain; i++ {
		c := text[i]
		twice := c == ' ' && i > 0 && text[i-1] == ' '
		plain = c != '_' && (c != '.' || spaced) && !twice
	}
	if !plain {
		text = spell(text, spaced)
	}
	if strings.Count(text, "(") > strings.Count(text, ")") && strings.HasSuffix(text, "(") {
		text = strings.TrimRight(text, "( ")
	}
	return text
}

// preferLatin narrows a title in two scripts, Chinese, Japanese or Korean first, to the Latin one, under which
// catalogues list it.
func (r *reading) preferLatin(s span) span {
	if c, _ := utf8.DecodeRuneInString(r.text[s.start:]); !isIdeograph(c) {
		return s
	}
	i := r.tokenAt(s.start + 1)
	group := int16(-1)
	if i > 0 {
		group = r.toks[i-1].group
	}
	for i > 0 && i < len(r.toks) && r.toks[i].start < s.end {
		if t := &r.toks[i]; t.num < 0 && t.group == group && r.latin(i) && t.gap&(gapSpace|gapDot|gapUnder|gapOther) != 0 && s.end-t.start >= 4 {
			for k := i; k < len(r.toks) && r.toks[k].start < s.end; k++ {
				if !r.latin(k) {
					return s
				}
			}
			return span{t.start, s.end}
		}
		i++
	}
	return s
}

// spell writes underscores and dots as spaces, but keeps the dots of "S.H.I.E.L.D." and "Dr. No".
func spell(text string, spaced bool) string {
	var b strings.Builder
	b.Grow(len(text))
	last := byte(' ')
	for i := range len(text) {
		c := text[i]
		if c == '_' || c == '.' && !spaced && !initial(text, i) {
			c = ' '
		}
		if c == ' ' && last == ' ' {
			continue
		}
		b.WriteByte(c)
		last = c
	}
	return strings.TrimRight(b.String(), " -")
}

// initial reports whether the dot at i follows a single letter of several ("V.H.S.2": the first three).
func initial(text string, i int) bool {
	letter := func(k int) bool {
		return k >= 0 && k < len(text) && (text[k] >= 'A' && text[k] <= 'Z' || text[k] >= 'a' && text[k] <= 'z')
	}
	single := func(k int) bool { return letter(k) && !letter(k-1) && (k == 0 || !isDigit(text[k-1])) && !letter(k+1) }
	if !single(i - 1) {
		return false
	}
	return single(i-3) && i >= 3 && text[i-2] == '.' || single(i+1) && (i+2 >= len(text) || text[i+2] == '.')
}
