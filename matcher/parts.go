package matcher

import (
	"strings"

	"github.com/simkld/simkld/internal/media"
)

// partMark finds "Part 6", "Pt. II", "Teil 2" in the name: the token of the mark and the number, or -1.
func (r *reading) partMark() (at, number int) {
	for i := r.first + 1; i < len(r.toks); i++ {
		if k := r.gluedPart(i); k > 0 {
			return i, k
		}
		if i+1 == len(r.toks) {
			break
		}
		t, n := &r.toks[i], &r.toks[i+1]
		if !t.is(clsPart) || t.is(clsOther) || n.start-t.end > 3 || n.gap&^(gapSpace|gapDot|gapUnder) != 0 {
			continue
		}
		switch {
		case n.num > 0 && n.digits <= 2:
			return i, n.num
		case n.is(clsRoman|clsNumberWord) && n.value > 0:
			return i, int(n.value)
		}
	}
	return -1, 0
}

// gluedPart reads "Part01" at token i, 0 for none.
func (r *reading) gluedPart(i int) int {
	w := r.lowWord(i)
	if len(w) < 5 || string(w[:4]) != "part" {
		return 0
	}
	n, ok := wholeNumber(w[4:])
	if !ok || n > 99 {
		return 0
	}
	return n
}

// partHypothesis reads "Part 6" as the number of an episode. A part of a film is more likely, unless the copy is from
// television, the folders hold series, or the number is padded.
func (m *matcher) partHypothesis() (hypothesis, bool) {
	f := &m.file
	at, n := f.partMark()
	if at <= f.first {
		return hypothesis{}, false
	}
	t := &f.toks[at]
	number := min(at+1, len(f.toks)-1)
	if f.gluedPart(at) > 0 {
		number = at
	}
	u := numbering{form: formPart, start: t.start, end: f.toks[number].end, season: m.seasonOf(f)}
	u.add(media.Number(n))
	if k := number + 1; k+2 < len(f.toks) && f.toks[k].is(clsJoiner) && f.toks[k+1].is(clsPart) && f.toks[k+2].num == n+1 { // Part 1 and Part 2
		u.add(media.Number(n + 1))
		u.end = f.toks[k+2].end
	}
	h := hypothesis{kind: media.KindEpisode, from: f, num: u, score: 0.4, tfrom: f, source: "file name"}
	switch {
	case f.television:
		h.score += 0.4
	case m.ctx.series:
		h.score += 0.35
	}
	if f.low[f.toks[number].start] == '0' {
		h.score += 0.3
	}
	if next := number + 1; f.yearEnd == 0 && next < len(f.toks) && !f.toks[next].is(clsTag|clsEdition) && f.toks[next].group < 0 && !f.toks[number].is(clsRoman|clsNumberWord) {
		h.score += 0.25 // a title of its own follows
	}
	digits := f.toks[number].num > 0
	switch {
	case f.yearBracket && f.yearEnd <= t.start && n > 3 && !m.ctx.films:
		h.score += 0.6 // "Chernobyl (2019) - Part 5": no film lies in so many files
	case f.yearEnd > 0 || m.ctx.films:
	case n > 3 && !m.ctx.series:
		h.score += 0.15
	case digits && f.strong != 0 && h.score < 0.6:
		h.score += 0.25
	}
	if string(f.lowWord(at)) == "pt" && f.yearEnd == 0 {
		h.score += 0.2
	}
	if f.yearEnd > t.start {
		h.score -= 0.2
	}
	if m.ctx.films {
		h.score -= 0.3
	}
	if (m.ctx.season >= 0 || m.show.season.found) && f.toks[f.first].num >= 0 {
		h.score -= 0.5 // "Season 6/24 - Part 2": the episode's title
	}
	h.title = f.clean(f.spanOf(f.first, min(at, max(f.limit, f.first+1))))
	return h, h.title != ""
}

// filePart gives the number of this file where a film lies in several ("-cd1", "-part2", "Disc 2", or a folder CD1), and
// the byte of the name at which it stands, -1 where the folder says it.
func (m *matcher) filePart() (number, at int) {
	f := &m.file
	for i := f.first + 1; i < len(f.toks); i++ {
		t := &f.toks[i]
		if n := f.discAt(i); n > 0 {
			if f.toks[i].is(clsDisc) {
				return n, f.toks[i+1].start
			}
			return n, t.end - 1
		}
		if t.start < f.title.end {
			continue
		}
		if t.is(clsPart) && i+1 < len(f.toks) && f.toks[i+1].num > 0 && f.toks[i+1].digits == 1 && f.toks[i+1].start-t.end <= 1 {
			return f.toks[i+1].num, f.toks[i+1].start
		}
		if w := f.lowWord(i); longDigits(w) == 1 && w[len(w)-1] > '0' && f.d.words[string(w[:len(w)-1])].cls.has(clsPart) {
			return int(w[len(w)-1] - '0'), t.end - 1
		}
	}
	return m.ctx.discNo, -1
}

// countParts gives how many files a film lies in: the siblings whose names differ from the file's in the one letter or
// digit at byte at, and the file itself. 0 where there are no siblings to look at.
func (m *matcher) countParts(siblings []string, at int) int {
	if len(siblings) == 0 || at < 0 {
		return 0
	}
	own, parts := m.file.low, 1
	for _, name := range siblings[:min(len(siblings), maxSiblings)] {
		typ, ext := typeOf(name)
		if typ != typeVideo {
			continue
		}
		m.low = appendLower(m.low[:0], prepare(name[:len(name)-ext]))
		if len(m.low) == len(own) && string(m.low[:at]) == string(own[:at]) && string(m.low[at+1:]) == string(own[at+1:]) && m.low[at] != own[at] && isDigit(m.low[at]) == isDigit(own[at]) {
			parts++
		}
	}
	return parts
}

// discAt reads "CD1" or "Disc 2" at token i, 0 for none. Words for a source (DVD5) are no discs.
func (r *reading) discAt(i int) int {
	t := &r.toks[i]
	if t.is(clsDisc) && !t.is(clsStrong) && i+1 < len(r.toks) && r.toks[i+1].num > 0 && r.toks[i+1].digits == 1 && r.toks[i+1].start-t.end <= 1 {
		return r.toks[i+1].num
	}
	w := r.lowWord(i)
	if longDigits(w) != 1 || t.is(clsStrong) || w[len(w)-1] == '0' || !r.d.words[string(w[:len(w)-1])].cls.has(clsDisc) {
		return 0
	}
	return int(w[len(w)-1] - '0')
}

// withoutPart takes "Part Two" off the end of a title: the contract of --jsonl has the part of a film as a field of its
// own, so that both ways to write the title are told.
func withoutPart(title string) (string, int) {
	i := strings.LastIndexByte(title, ' ')
	if i < 0 {
		return title, 0
	}
	k := strings.LastIndexByte(title[:i], ' ')
	if k <= 0 {
		return title, 0
	}
	switch mark := title[k+1 : i]; {
	case strings.EqualFold(mark, "part"), strings.EqualFold(mark, "pt"), strings.EqualFold(mark, "pt."):
	default:
		return title, 0
	}
	number := strings.ToLower(title[i+1:])
	n, ok := wholeNumber([]byte(number))
	if w := dict().words[number]; !ok && w.cls.has(clsRoman|clsNumberWord) {
		n = int(w.value)
	}
	if n < 1 || n > 10 {
		return title, 0
	}
	return strings.TrimRight(title[:k], " ,-:"), n
}
