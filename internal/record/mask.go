package record

import (
	"crypto/rand"
	mrand "math/rand/v2"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"

	"github.com/simkld/simkld/internal/media"
)

// mask replaces words, the same word by the same one in all of a recording. What stays is what a name is recognised by
// and what says nothing of the title: numbers of seasons and episodes, years, the tags of a published copy, names of usual
// folders, punctuation, the length of words and their script. What it replaces is chosen anew for each recording, so that two of
// them cannot be compared, and no word can be looked up.
type mask struct {
	random *mrand.Rand
	words  map[string]string
	taken  map[string]bool
}

func newMask() *mask {
	var seed [32]byte
	_, _ = rand.Read(seed[:]) // never fails (crypto/rand)
	return &mask{random: mrand.New(mrand.NewChaCha8(seed)), words: map[string]string{}, taken: map[string]bool{}}
}

// kept are parts of a name that stay as they are.
var kept = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`\bs\d{1,2}(?:[ ._-]?e\d{1,4}(?:-?e?\d{1,4})?)?\b`, `\b\d{1,2}x\d{1,3}\b`, `\be(?:p|pisode)?[ ._]?\d{1,4}\b`,
	`\b(?:season|staffel|saison|series|part|cd|dvd|disc|disk|vol)[ ._]?\d{1,3}\b`, `第\d{1,4}[話话集季期]`,
	`\b(?:19|20)\d\d\b`, `\b(?:480|576|720|1080|1440|2160|4320)[ip]\b`, `\b[xh][ .]?26[45]\b`, `\b(?:8|10|12)-?bits?\b`,
	`\b[1257]\.[01]\b`, ` - \d{1,4}(?:v\d)?\b`,
}, "|"))

// plain are words that say nothing of a title.
var plain = func() map[string]bool {
	set := map[string]bool{}
	for w := range strings.FieldsSeq(`bluray blu ray web dl webdl webrip rip hdtv pdtv dvd dvdrip bdrip brrip bd remux uhd hdr dv hd sd dts ma aac ac
		eac ddp dd atmos truehd flac opus mp hevc avc xvid divx av proper repack real extended uncut theatrical directors cut remastered multi dual audio
		sub subs subbed dub dubbed internal limited complete season seasons episode episodes ep special specials ova ona oad ncop nced
		movie movies film films tv show shows series anime video videos trailer sample extras featurettes cd disc disk part vol
		home users media mnt run volumes srv data tt imdb tmdb tvdb anidb mal simkl id imdbid tmdbid tvdbid`) {
		set[w] = true
	}
	return set
}()

var endings = map[string]bool{
	".mkv": true, ".mp4": true, ".avi": true, ".webm": true, ".mov": true, ".m4v": true, ".ts": true, ".m2ts": true, ".mpg": true, ".wmv": true,
	".flv": true, ".ogv": true, ".iso": true, ".vob": true, ".mp3": true, ".flac": true, ".opus": true, ".ogg": true, ".m4a": true, ".wav": true,
	".jpg": true, ".jpeg": true, ".png": true, ".gif": true, ".webp": true, ".m3u8": true, ".strm": true, ".part": true,
}

// path replaces the words of a path or address. An address loses its query, where secrets stand.
func (m *mask) path(p string) string {
	scheme := ""
	if media.SchemeOf(p) != "" {
		p, _, _ = strings.Cut(p, "?")
		scheme, p, _ = strings.Cut(p, "://")
		scheme += "://"
	}
	return scheme + m.text(p)
}

// text replaces the words of a text; the ending of a file stays.
func (m *mask) text(s string) string {
	ending := filepath.Ext(s)
	if !endings[strings.ToLower(ending)] {
		ending = ""
	}
	s = strings.ToValidUTF8(strings.TrimSuffix(s, ending), "\ufffd")
	var b strings.Builder
	from := 0
	for _, at := range kept.FindAllStringIndex(s, -1) {
		b.WriteString(m.replace(s[from:at[0]]))
		b.WriteString(s[at[0]:at[1]])
		from = at[1]
	}
	b.WriteString(m.replace(s[from:]))
	return b.String() + ending
}

// replace goes through the runs of letters and of digits.
func (m *mask) replace(s string) string {
	var b strings.Builder
	runes := []rune(s)
	for i := 0; i < len(runes); {
		kind, j := classOf(runes[i]), i+1
		for j < len(runes) && classOf(runes[j]) == kind {
			j++
		}
		if word := string(runes[i:j]); kind == other {
			b.WriteString(word)
		} else {
			b.WriteString(m.word(word, kind))
		}
		i = j
	}
	return b.String()
}

type class int

const (
	other class = iota
	letters
	digits
)

func classOf(r rune) class {
	switch {
	case unicode.IsDigit(r), unicode.IsNumber(r):
		return digits
	case unicode.IsLetter(r), unicode.IsMark(r), r == '\'', r == '’':
		return letters
	case r > unicode.MaxLatin1 && !unicode.IsPunct(r) && !unicode.IsSpace(r):
		return letters // symbols may be all of a name
	}
	return other
}

// word is what stands for a word, in its own upper and lower case.
func (m *mask) word(w string, kind class) string {
	folded := strings.ToLower(w)
	if plain[folded] {
		return w
	}
	stands, ok := m.words[folded]
	for tries := 0; !ok; tries++ {
		stands = m.invent([]rune(folded), kind)
		// Two words never become one; a short one may have no room left.
		if ok = !m.taken[stands] && stands != folded && !plain[stands] || tries > 50; ok {
			m.words[folded], m.taken[stands] = stands, true
		}
	}
	was, is := []rune(w), []rune(stands)
	for i := range is {
		if i < len(was) && unicode.IsUpper(was[i]) {
			is[i] = unicode.ToUpper(is[i])
		}
	}
	return string(is)
}

const (
	vowels     = "aeiou"
	consonants = "bdfgklmnprstvz"
)

// scripts are letters to choose from, for those that are not Latin: what a title is written in helps to recognise it.
var scripts = []struct {
	table *unicode.RangeTable
	from  []rune
}{
	{unicode.Han, []rune("山川月日木林水火土石空海花草鳥星雨雪")},
	{unicode.Hiragana, []rune("あいうえおかきくけこさしすせそなにのはまみもらりる")},
	{unicode.Katakana, []rune("アイウエオカキクケコサシスセソナニノハマミモラリル")},
	{unicode.Hangul, []rune("가나다라마바사아자차카타파하고노도로모보소")},
	{unicode.Cyrillic, []rune("абвгдезиклмнопрст")},
	{unicode.Greek, []rune("αβγδεηικλμνοπρστ")},
}

func (m *mask) invent(w []rune, kind class) string {
	out := make([]rune, len(w))
	for i, r := range w {
		out[i] = m.letter(i, r, kind)
	}
	return string(out)
}

func (m *mask) letter(i int, r rune, kind class) rune {
	if kind == digits {
		return rune("0123456789"[m.random.IntN(10)])
	}
	if r == '\'' || r == '’' {
		return r
	}
	for _, s := range scripts {
		if unicode.Is(s.table, r) {
			return s.from[m.random.IntN(len(s.from))]
		}
	}
	from := consonants
	if i%2 == 1 {
		from = vowels
	}
	return rune(from[m.random.IntN(len(from))])
}

// tagName are names of tags that say nothing themselves.
var tagName = regexp.MustCompile(`^[A-Z][A-Z0-9_/ -]{0,31}$`)

// tagNumber are tags whose numbers place an episode in its series.
var tagNumber = regexp.MustCompile(`(?:NUMBER|SORT|SEASON|EPISODE|YEAR|DATE)`)

func (m *mask) tags(tags map[string]string) map[string]string {
	out := map[string]string{}
	for key, value := range tags {
		switch {
		case !tagName.MatchString(key):
		case tagNumber.MatchString(key) && len(value) <= 10 && strings.Trim(value, "0123456789-/:") == "":
			out[key] = value
		default:
			out[key] = m.text(value)
		}
	}
	return out
}
