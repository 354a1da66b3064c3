// Package matcher says which film or episode a file is, by its name and what stands around it: folders, siblings,
// NFO files, container tags, and the user's own rules.
//
// A name is cut into tokens once; small readers propose pieces (numbers, years, ids, tags); whole hypotheses are
// scored with the evidence of the name, the folders and the siblings; the best one wins if it is good, and a
// confidence below 0.5 means: ask. Every decision can say why.
//
// It promises to be pure (the same input always gives the same answer), to take time linear in its input and never
// to panic on it. It opens no file, asks no network and no clock, and knows nothing of players or of Simkl's API.
// Word lists are data files (data/*.txt).
package matcher

import (
	"fmt"
	"sync"

	"github.com/simkld/simkld/internal/media"
)

// Input is what is known of a file that plays.
type Input struct {
	// Path is a POSIX or Windows path as raw bytes, a URL, or a bare name. The file need not exist and is never opened.
	Path string
	// Title is what the player shows as its title. It is read where the path has no name.
	Title string
	// Tags are the container's tags with upper-case keys.
	Tags map[string]string
	// Siblings are the names of the other files in the same folder.
	Siblings []string
	// NFO is what the NFO files beside the file and up the tree say (ParseNFO), the nearest first.
	NFO []NFO
	// Explain asks for the reasons (Match.Because).
	Explain bool
}

// matcher is the working memory of one call, used again by the next.
type matcher struct {
	d       *dictionary
	ref     reference
	file    reading
	show    reading // the nearest folder that can be a title
	upper   reading // the next one above it
	ctx     context
	cands   [maxCandidates]candidate
	lifted  bool  // the name is that of the folder a disc is in
	nums    []int // room for siblings
	others  []int
	low     []byte
	explain bool
	because []string
}

var pool = sync.Pool{New: func() any { return &matcher{d: dict()} }}

// Match says what the file is taken to be. It never fails: a file that cannot be recognised has KindNone, and a
// confidence below 0.5 means that a person should be asked.
func Match(in Input) media.Match {
	m := pool.Get().(*matcher)
	defer pool.Put(m)
	m.explain, m.because = in.Explain, nil
	out := m.match(&in)
	m.withNFO(&out, in.NFO)
	m.withTags(&out, in.Tags)
	m.withTitle(&out, &in)
	out.Published = m.published(&out)
	out.Because = m.because
	return out
}

// say notes a reason, where reasons were asked for.
func (m *matcher) say(format string, args ...any) {
	if m.explain {
		m.because = append(m.because, fmt.Sprintf(format, args...))
	}
}

func (m *matcher) match(in *Input) media.Match {
	m.ref, m.lifted = reference{}, false
	m.ref.split(in.Path)
	name := m.ref.name()
	typ, ext := typeOf(name)
	if typ == typeMusic && m.codecAtEnd(name[:len(name)-ext]) {
		typ, ext = typeUnknown, 0
	}
	stem := name[:len(name)-ext]
	m.ref.ext = typ
	m.gather()
	if reason := m.refuseType(typ); reason != media.ReasonNone {
		return refused(reason)
	}
	if typ == typeOther || m.ref.device() {
		m.say("a text, a program or a device, not the file of a film or an episode")
		return refused(media.ReasonNone)
	}
	if m.ref.disc || m.ctx.disc {
		stem = m.liftDisc(stem)
		m.lifted = true
	}
	m.file.read(m.d, unreversed(stem))
	if out, ok := m.refuseName(); ok {
		return out
	}
	m.readFolders()
	return m.decide(stem, in.Siblings)
}

// codecAtEnd reports whether what looks like the extension of a sound file is the last tag of a release without an
// extension ("Title.2006.720p.WEB.h264.aac").
func (m *matcher) codecAtEnd(stem string) bool {
	m.file.read(m.d, stem)
	return m.file.strong.has(clsVideo | clsResolution | clsSource)
}

func refused(reason media.Reason) media.Match {
	return media.Match{Kind: media.KindNone, Refused: reason}
}

// unreversed turns a name around that was written backwards, as some copies are to hide what they are.
func unreversed(s string) string {
	if !reversedTag(s) {
		return s
	}
	b := []byte(s)
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
	return string(b)
}

// reversedTag reports whether "p027", "P0801" or "20E10S" stands in s as a word.
func reversedTag(s string) bool {
	for i := 0; i+4 < len(s); i++ {
		if i > 0 && isAlnum(s[i-1]) {
			continue
		}
		e := i
		for e < len(s) && e < i+8 && isAlnum(s[e]) {
			e++
		}
		switch w := s[i:e]; {
		case len(w) == 4 && (w == "p027" || w == "P027" || w == "p084"), len(w) == 5 && (w == "p0801" || w == "P0801" || w == "p0612"):
			return true
		case len(w) == 6 && isDigit(w[0]) && isDigit(w[1]) && (w[2] == 'E' || w[2] == 'e') && isDigit(w[3]) && isDigit(w[4]) && (w[5] == 'S' || w[5] == 's'):
			return true
		}
	}
	return false
}

func isAlnum(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
