package matcher

import (
	"strings"

	"github.com/simkld/simkld/internal/media"
)

// refuseType refuses what its type or its folder rules out.
func (m *matcher) refuseType(typ fileType) media.Reason {
	switch {
	case typ == typeMusic:
		m.say("a sound file")
		return media.ReasonMusic
	case typ == typePicture:
		m.say("a picture")
		return media.ReasonPicture
	case m.ctx.extra:
		m.say("it lies in a folder of extras")
		return media.ReasonExtra
	}
	return media.ReasonNone
}

// refuseName refuses names of samples, trailers, openings, cameras and recorders.
func (m *matcher) refuseName() (media.Match, bool) {
	r := &m.file
	if len(r.toks) == 0 {
		return media.Match{}, false
	}
	if m.extraName() {
		m.say("%q says that it is something beside a film or an episode", r.text[r.extraAt():])
		return refused(media.ReasonExtra), true
	}
	if m.openingName() {
		m.say("the opening, the ending or a preview of a series")
		return refused(media.ReasonExtra), true
	}
	if m.downloaded() {
		m.say("the name that a download from a video site has")
		return refused(media.ReasonNone), true
	}
	if m.musicVideo() {
		m.say("a music video")
		return refused(media.ReasonMusic), true
	}
	if m.lesson() {
		m.say("a lesson, a talk or a game, not a film or series")
		return refused(media.ReasonNone), true
	}
	if m.cameraName() {
		m.say("the name of a recording, not of a film or series")
		return refused(media.ReasonNone), true
	}
	return media.Match{}, false
}

// extraAt gives where the last word for an extra begins, or the last word of the name.
func (r *reading) extraAt() int {
	for i := len(r.toks) - 1; i >= 0; i-- {
		if r.toks[i].is(clsExtraStrong | clsExtraSuffix) {
			return r.toks[i].start
		}
	}
	return r.toks[len(r.toks)-1].start
}

// extraName reports whether the name says that this is something beside a film: "-trailer", ".sample", "Sample 1080p".
func (m *matcher) extraName() bool {
	r := &m.file
	n := r.significant()
	if n <= 1 {
		return r.toks[0].is(clsExtraStrong)
	}
	if r.domainName() {
		return true
	}
	if first := &r.toks[0]; first.is(clsExtraStrong) && (r.toks[1].is(clsStrong) || r.toks[1].gap == gapDash && sampleWord(r.lowWord(0))) {
		return true
	}
	t := &r.toks[n-1]
	if e := longDigits(r.lowWord(n - 1)); e == 1 && t.gap&gapDash != 0 && t.gap&(gapSpace|gapDot|gapUnder) == 0 && r.d.words[string(r.low[t.start:t.end-e])].cls.has(clsExtraStrong|clsExtraSuffix) {
		return true // -trailer2
	}
	if t.digits == 1 && n > 2 && r.toks[n-2].is(clsExtraStrong) && r.yearEnd > 0 && r.toks[n-2].start > r.yearStart {
		return true // 2010.Trailer.1
	}
	if t.group < 0 || r.groups[t.group].kind == '(' {
		if t.is(clsExtraSuffix) && t.gap&gapDash != 0 && t.gap&(gapSpace|gapDot|gapUnder) == 0 {
			return true
		}
		if t.is(clsExtraStrong) && m.extraWord(n-1, n) {
			return true
		}
	}
	for i := 1; i+1 < n; i++ { // "- Official Trailer (2010)", "-x02-Stunts"
		if r.toks[i].is(clsExtraStrong) && r.toks[i+1].is(clsExtraStrong) && r.toks[i+1].gap == gapSpace && sampleWord(r.lowWord(i+1)) && r.num.form == formNone {
			return true
		}
		if w := r.lowWord(i); len(w) == 3 && w[0] == 'x' && isDigit(w[1]) && isDigit(w[2]) && r.toks[i].gap&gapDash != 0 && r.toks[i+1].gap&gapDash != 0 && r.num.form == formNone {
			return true
		}
	}
	for i := 1; i < n; i++ { // "Dune.2021.Trailer.1080p", "Madame Web Trailer 2 1080p": tags alone follow
		next := i + 1
		if next < n && r.toks[next].digits == 1 {
			next++
		}
		if t := &r.toks[i]; t.is(clsExtraStrong) && t.group < 0 && r.tagsFrom(next) && m.extraWord(i, i+1) {
			return true
		}
	}
	if phrase := m.leadingExtra(); phrase > 0 && phrase < n && r.yearEnd == 0 && r.num.form == formNone { // "Making of Heat"
		return true
	}
	for i := range r.toks { // S01Extras
		if w := r.lowWord(i); len(w) == 9 && w[0] == 's' && isDigit(w[1]) && isDigit(w[2]) && string(w[3:]) == "extras" {
			return true
		}
	}
	if r.season.found && r.num.form != formSE { // The.Flash.S03.Extras.01.Deleted.Scenes
		for i := range r.toks {
			if t := &r.toks[i]; t.start >= r.season.end && (t.is(clsExtraStrong) || t.start == r.season.end+1 && t.is(clsExtraSuffix)) {
				return true
			}
		}
	}
	return false
}

// leadingExtra gives the length in tokens of a phrase for extras that begins the name, with or without an article.
func (m *matcher) leadingExtra() int {
	r := &m.file
	i := 0
	if article(r.lowWord(0)) {
		i = 1
	}
	k := i
	for k < len(r.toks) && r.toks[k].is(clsExtraStrong) && r.toks[k].group < 0 {
		k++
	}
	if k-i < 2 {
		return 0
	}
	return k
}

// extraWord reports whether the word for an extra that ends before token end is one here, and not part of a title or
// of an episode's title.
func (m *matcher) extraWord(i, end int) bool {
	r := &m.file
	for i > 0 && r.toks[i-1].is(clsExtraStrong) {
		i--
	}
	if i == 0 {
		return true
	}
	if i == 1 && article(r.lowWord(0)) {
		return false
	}
	if r.yearEnd > 0 && r.toks[i].start < r.yearStart {
		return false
	}
	if r.num.form == formNone {
		return true
	}
	return sampleWord(r.lowWord(end-1)) || r.toks[i].gap&gapDash != 0 && r.toks[i].gap&gapSpaced == 0
}

// significant gives how many tokens there are without the brackets of tags, sites and checksums at the end.
func (r *reading) significant() int {
	n := len(r.toks)
	for n > 1 {
		t := &r.toks[n-1]
		if !t.is(clsOther) && (t.group < 0 || !r.tagBracket(t.group)) {
			break
		}
		n--
	}
	return n
}

// tagsFrom reports whether a run of tags with a sure one in it begins at token i.
func (r *reading) tagsFrom(i int) bool {
	for ; i < len(r.toks) && r.toks[i].is(clsTag|clsEdition); i++ {
		if r.toks[i].is(clsStrong) {
			return true
		}
	}
	return false
}

// sampleWord reports whether w is one of the words that never stand in an episode's title for themselves.
func sampleWord(w []byte) bool {
	switch string(w) {
	case "sample", "trailer", "teaser":
		return true
	}
	return false
}

// musicVideo reports whether the name says that it is one: "(Official Video)".
func (m *matcher) musicVideo() bool {
	r := &m.file
	if r.num.form != formNone || r.yearBracket || r.strong.has(clsSource) {
		return false
	}
	for i := 1; i < len(r.toks); i++ {
		if r.toks[i].is(clsMusicVideo) && (r.toks[i].group >= 0 || i+1 == len(r.toks)) {
			return true
		}
	}
	return false
}

// lesson reports whether the name has a word of lessons, talks or games, and nothing that speaks for a film or series.
func (m *matcher) lesson() bool {
	r := &m.file
	if r.num.form == formSE || r.yearBracket || r.tags.has(clsSource) || r.strong.has(clsVideo) || m.ctx.kinds&folderLibrary != 0 || m.ctx.season >= 0 {
		return false
	}
	if r.yearEnd > 0 && r.tags.has(clsResolution) {
		return false
	}
	for i := range r.toks {
		if r.toks[i].is(clsCourse) && (i > 0 || len(r.toks) > 1) {
			return true
		}
	}
	return false
}

// domainName reports whether the whole name is that of a site: an advertisement put beside a film.
func (r *reading) domainName() bool {
	n := r.significant()
	if n < 2 || n > 3 || !r.dotted(0, n) || r.toks[0].num >= 0 {
		return false
	}
	switch string(r.lowWord(n - 1)) {
	case "com", "net", "org", "info":
		return true
	}
	return false
}

func article(w []byte) bool {
	switch string(w) {
	case "the", "a", "an", "der", "die", "das", "le", "la", "el":
		return true
	}
	return false
}

// openingName reports whether the name is that of an opening or ending: "- NCOP", "_OP4a_(", "ED2".
func (m *matcher) openingName() bool {
	r := &m.file
	anime := r.fansub || r.checksum || m.ctx.anime
	if r.num.form == formSE || !anime {
		return false
	}
	for i := 1; i < len(r.toks); i++ {
		t := &r.toks[i]
		if isDigit(r.low[t.start]) && i > r.first && t.gap&gapSpaced != 0 {
			return false // numbered as an episode
		}
		if t.is(clsStrong) {
			return false
		}
		if !m.openingWord(r.lowWord(i)) || i <= r.first {
			continue
		}
		if t.gap&(gapSpaced|gapUnder) != 0 || i+1 == len(r.toks) || r.toks[i+1].gap&gapOpen != 0 {
			k := i + 1
			for k < len(r.toks) && m.openingWord(r.lowWord(k)) { // "Creditless Opening"
				k++
			}
			if k < len(r.toks) && r.toks[k].num >= 0 && r.toks[k].digits <= 2 {
				k++
			}
			if k >= len(r.toks) || r.toks[k].gap&(gapOpen|gapSpaced) != 0 || r.toks[k].is(clsTag) {
				return true
			}
		}
	}
	return false
}

// openingWord reports whether w is a word for an opening or the like, with or without a number and a letter.
func (m *matcher) openingWord(w []byte) bool {
	e := len(w)
	switch {
	case e > 4 && w[e-2] == 'v' && isDigit(w[e-1]) && isDigit(w[e-3]): // NCED2v2
		e -= 2
	case e > 3 && isDigit(w[e-2]) && isAlpha(w[e-1]):
		e--
	}
	for e > 0 && isDigit(w[e-1]) {
		e--
	}
	if e == 0 {
		return false
	}
	return m.d.words[string(w[:e])].cls.has(clsOpening)
}

// cameraName reports whether the name is one that a camera, phone, recorder or meeting gives.
func (m *matcher) cameraName() bool {
	r := &m.file
	if r.num.form == formSE || r.tags.has(clsSource) && r.tags.has(clsResolution) {
		return false
	}
	t := &r.toks[0]
	if m.ctx.camera && !r.yearBracket && m.ctx.direct&folderLibrary == 0 && r.num.form != formEpisode {
		return true
	}
	w := r.lowWord(0)
	for i := range r.toks {
		if k := &r.toks[i]; (k.digits >= 12 && (r.low[k.start] == '1' || r.low[k.start] == '2') || k.digits >= 15) && r.num.form == formNone && r.yearEnd == 0 && !r.strong.has(clsVideo|clsSource) { // a time stamp, or the number of a clip
			return true
		}
	}
	if t.is(clsCamera) { // IMG_1234, Screencast from 2023-05-01
		k := 1
		for k < len(r.toks) && r.toks[k].is(clsCamera|clsGeneric) {
			k++
		}
		if k == len(r.toks) || r.num.form == formDate || r.toks[k].num >= 0 && r.yearEnd == 0 || isDigit(r.low[r.toks[k].start]) && r.yearEnd == 0 {
			return true
		}
		if k >= 2 && r.yearEnd > 0 && !r.yearBracket && r.strong == 0 { // zoom_recording_2024
			return true
		}
		if l := longDigits(r.lowWord(k)); l >= 4 && l < len(r.lowWord(k)) || l >= 6 {
			return true
		}
	}
	last := r.lowWord(len(r.toks) - 1)
	if string(last) == "dvr" && r.num.form == formDate || string(last) == "recording" && r.num.form == formDate {
		return true
	}
	n := r.significant()
	if n == 2 && r.toks[0].digits == 3 && r.toks[1].digits == 4 && r.toks[1].gap == gapUnder { // 100_0123
		return true
	}
	dated := r.num.form == formDate || r.yearEnd > 0 && !r.yearBracket && r.strong == 0 && r.num.form == formNone && r.limit-r.first == 1 && !r.site
	if dated && m.genericTitle() && m.ctx.kinds&folderLibrary == 0 {
		return true
	}
	if r.num.form == formDate && m.recorderTime() {
		return true
	}
	if n <= 2 && r.yearEnd == 0 && r.paddedCounter(n) {
		return true
	}
	if l := longDigits(w); l >= 8 && m.d.words[string(w[:len(w)-l])].cls.has(clsCamera) {
		return true
	}
	if n <= 2 && r.yearEnd == 0 { // P1010234, GOPR0012, GX010034, DSC00123
		l := 0
		for l < len(w) && !isDigit(w[l]) {
			l++
		}
		if l > 0 && len(w)-l >= 4 {
			if number, ok := wholeNumber(w[l:]); ok && (m.d.words[string(w[:l])].cls.has(clsCamera) || l == 1 && n == 1 && number > 0) {
				return true
			}
		}
	}
	if r.num.form == formDate && (r.title.empty() || r.first < len(r.toks) && r.toks[r.first].start >= r.num.start) && m.ctx.season < 0 {
		return m.timeFollows() || m.ctx.titles[0] < 0 || !m.ctx.series
	}
	if r.yearEnd > 0 || r.num.form == formDate {
		for i := range r.toks {
			if r.toks[i].is(clsPrivate) && r.toks[i].start < max(r.yearStart, r.num.start) && !m.ctx.series && !m.ctx.films && r.strong == 0 && !r.yearBracket {
				return true
			}
		}
	}
	return false
}

// paddedCounter reports whether the name is a short code and a number padded with zeros to four digits or more, as
// recorders count their files: M2U00123, REC_0001.
func (r *reading) paddedCounter(n int) bool {
	w := r.lowWord(n - 1)
	l := longDigits(w)
	code := r.toks[n-1].end - l - r.toks[0].start
	if n == 2 {
		if r.toks[1].num < 0 || r.toks[1].gap&^(gapUnder|gapDash) != 0 {
			return false
		}
		code = r.toks[0].end - r.toks[0].start
	}
	return l >= 4 && code >= 1 && code <= 4 && w[len(w)-l] == '0' && (n == 1 || r.toks[0].num < 0)
}

// genericTitle reports whether the words before the date say nothing: "video_2023-05-01".
func (m *matcher) genericTitle() bool {
	r := &m.file
	for i := r.first; i < r.limit; i++ {
		if r.yearEnd > 0 && r.toks[i].start >= r.yearStart && r.yearStart > r.toks[r.first].start {
			break
		}
		if r.yearEnd > 0 && r.yearStart < r.toks[r.first].start {
			return false
		}
		if !r.toks[i].is(clsGeneric | clsCamera | clsOther) {
			return false
		}
	}
	return r.limit > r.first
}

// recorderTime reports whether a time of day with its seconds follows the date, as recorders of screens, games and
// cameras write it: "2023-10-02 20-11-22", "2023.05.01 - 12.33.10.01", "20240115_183045".
func (m *matcher) recorderTime() bool {
	r := &m.file
	i := r.tokenAt(r.num.end)
	if i < 0 || m.ctx.series || m.broadcast() {
		return false
	}
	if t := &r.toks[i]; t.digits == 6 {
		return clock(t.num/10000, t.num/100%100) && t.num%100 < 60
	}
	return i+2 < len(r.toks) && m.clockFollows() && r.toks[i+2].digits == 2 && r.toks[i+2].num < 60 && r.toks[i+2].gap == r.toks[i+1].gap
}

// clockFollows reports whether hours and minutes follow the date: "2024-01-15 18-30". Media servers, which record
// television, join them by underscores.
func (m *matcher) clockFollows() bool {
	r := &m.file
	i := r.tokenAt(r.num.end)
	if i < 0 {
		return false
	}
	t := &r.toks[i]
	if t.digits == 4 {
		return clock(t.num/100, t.num%100)
	}
	return i+1 < len(r.toks) && t.digits == 2 && r.toks[i+1].digits == 2 && r.toks[i+1].gap&^(gapDash|gapDot|gapColon) == 0 && clock(t.num, r.toks[i+1].num)
}

func clock(hour, minute int) bool { return hour < 24 && minute < 60 }

// broadcast reports whether the file is of a kind that recorders of television write.
func (m *matcher) broadcast() bool {
	name := m.ref.name()
	switch strings.ToLower(name[strings.LastIndexByte(name, '.')+1:]) {
	case "ts", "tp", "trp", "rec", "wtv", "dvr-ms", "mpg", "m2t":
		return true
	}
	return false
}

// timeFollows reports whether a time of day follows the date.
func (m *matcher) timeFollows() bool {
	r := &m.file
	i := r.tokenAt(r.num.end)
	return i >= 0 && i+1 < len(r.toks) && isDigit(r.low[r.toks[i].start]) && isDigit(r.low[r.toks[i+1].start])
}

// downloaded reports whether the name is one that a tool gives to a download from a video site: "Title [dQw4w9WgXcQ]",
// "y2mate.com - Title".
func (m *matcher) downloaded() bool {
	r := &m.file
	if r.toks[0].is(clsDownloader) || len(r.toks) > 1 && r.toks[1].is(clsDownloader) {
		return true
	}
	if k := len(r.text) - 12; k > 0 && r.text[k] == '-' && r.num.form == formNone && r.strong == 0 && videoID(r.text[k+1:]) && strings.ContainsAny(r.text[k+1:], "0123456789_-") {
		return true // "Title-dQw4w9WgXcQ"
	}
	n := len(r.groups)
	if n == 0 || r.num.form != formNone || r.yearBracket || r.strong.has(clsSource|clsVideo) {
		return false
	}
	g := &r.groups[n-1]
	return g.kind == '[' && g.cls&clsTag == 0 && g.end == len(r.text) && g.start > 0 && videoID(r.text[g.start+1:max(g.start+1, g.end-1)])
}

// videoID reports whether s is built as the id of a video on YouTube is: eleven letters, digits, dashes and
// underscores that make no word.
func videoID(s string) bool {
	if len(s) != 11 {
		return false
	}
	upper, lower, other, changes := 0, 0, 0, 0
	last := byte(0)
	for i := range len(s) {
		c := s[i]
		kind := byte('o')
		switch {
		case c >= 'A' && c <= 'Z':
			upper++
			kind = 'u'
		case c >= 'a' && c <= 'z':
			lower++
			kind = 'l'
		case isDigit(c), c == '-', c == '_':
			other++
		default:
			return false
		}
		if last != 0 && kind != last {
			changes++
		}
		last = kind
	}
	return upper > 0 && lower > 0 && changes >= 3
}

// longDigits gives how many digits a word ends in.
func longDigits(w []byte) int {
	n := 0
	for n < len(w) && isDigit(w[len(w)-1-n]) {
		n++
	}
	return n
}
