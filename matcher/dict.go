package matcher

import (
	"embed"
	"strings"
	"sync"
)

//go:embed data/*.txt
var dataFiles embed.FS

// class is a set of things that a word can be.
type class uint64

const (
	clsResolution class = 1 << iota
	clsSource
	clsVideo
	clsAudio
	clsRelease
	clsLanguage
	clsNetwork
	clsStrong // ends a title wherever it stands
	clsWeak   // ends a title only inside a run of tags
	clsSeasonBefore
	clsSeasonAfter
	clsEpisodeBefore
	clsEpisodeAfter
	clsPart
	clsDisc
	clsJoiner
	clsEdition
	clsCountry
	clsMonth
	clsNumberWord
	clsOrdinal
	clsRoman
	clsGenre
	clsTLD
	clsExtraStrong
	clsExtraSuffix
	clsOpening
	clsGeneric
	clsCamera
	clsPrivate
	clsCourse
	clsSize // 800mb
	clsSpecial
	clsDownloader
	clsBook
	clsMusicVideo
	clsOrdinary
	clsChapter
	clsOther // decided while reading: id, site, checksum: neither title nor number

	clsTag = clsResolution | clsSource | clsVideo | clsAudio | clsRelease | clsLanguage | clsNetwork | clsSize
)

// classNames are the headings of the data files.
var classNames = map[string]class{
	"resolution strong": clsResolution | clsStrong,
	"resolution weak":   clsResolution | clsWeak,
	"source strong":     clsSource | clsStrong,
	"source weak":       clsSource | clsWeak,
	"video strong":      clsVideo | clsStrong,
	"video weak":        clsVideo | clsWeak,
	"audio strong":      clsAudio | clsStrong,
	"audio weak":        clsAudio | clsWeak,
	"release weak":      clsRelease | clsWeak,
	"language strong":   clsLanguage | clsStrong,
	"language weak":     clsLanguage | clsWeak,
	"network weak":      clsNetwork | clsWeak,
	"season before":     clsSeasonBefore,
	"season after":      clsSeasonAfter,
	"episode before":    clsEpisodeBefore,
	"episode after":     clsEpisodeAfter,
	"special before":    clsSpecial,
	"downloader":        clsDownloader,
	"book before":       clsBook,
	"ordinary":          clsOrdinary,
	"musicvideo":        clsMusicVideo,
	"chapter before":    clsChapter,
	"part before":       clsPart,
	"disc before":       clsDisc,
	"joiner":            clsJoiner,
	"edition":           clsEdition,
	"country":           clsCountry,
	"month":             clsMonth,
	"number":            clsNumberWord,
	"ordinal":           clsOrdinal,
	"roman":             clsRoman,
	"genre":             clsGenre,
	"tld":               clsTLD,
	"extra strong":      clsExtraStrong,
	"extra suffix":      clsExtraSuffix,
	"opening":           clsOpening,
	"generic":           clsGeneric,
	"camera":            clsCamera,
	"private":           clsPrivate,
	"course":            clsCourse,
}

// word is what the dictionary knows of one word or phrase.
type word struct {
	cls   class
	value int8 // of months, number words, ordinals and roman numerals
	more  int8 // words in the longest phrase that begins with this one
}

// folderKind is what the name of a folder says by itself.
type folderKind uint16

const (
	folderFilms folderKind = 1 << iota
	folderSeries
	folderAnime
	folderContainer
	folderExtra
	folderCamera
	folderMusic
	folderCourse
	folderDisc
	folderSpecials
	folderQuality // says nothing, but the title may be above it

	folderLibrary = folderFilms | folderSeries | folderAnime
)

var folderNames = map[string]folderKind{
	"library films":  folderFilms,
	"library series": folderSeries,
	"library anime":  folderAnime,
	"container":      folderContainer,
	"quality":        folderContainer | folderQuality,
	"extra":          folderExtra,
	"camera":         folderCamera,
	"music":          folderMusic,
	"course":         folderCourse,
	"disc":           folderDisc,
	"specials":       folderSpecials,
}

type dictionary struct {
	words   map[string]word
	folders map[string]folderKind // by folded name
}

// dict reads the data files once, at the first use.
var dict = sync.OnceValue(func() *dictionary {
	d := &dictionary{words: make(map[string]word, 4096), folders: make(map[string]folderKind, 512)}
	for _, file := range []string{"tags", "words", "refuse"} {
		eachList(file, func(name string, words []string) {
			cls, ok := classNames[name]
			if !ok {
				panic("matcher: data/" + file + ".txt: unknown list " + name) // a mistake in the source, found by any test
			}
			for i, w := range words {
				d.add(w, cls, ordinalOf(cls, i))
			}
		})
	}
	eachList("folders", func(name string, words []string) {
		kind, ok := folderNames[name]
		if !ok {
			panic("matcher: data/folders.txt: unknown list " + name)
		}
		for _, w := range words {
			d.folders[Fold(w)] |= kind
		}
	})
	return d
})

// ordinalOf gives the value of the i-th word of an ordered list.
func ordinalOf(cls class, i int) int8 {
	switch {
	case cls == clsMonth: // short names, then long ones
		return int8(i%12 + 1)
	case cls.has(clsNumberWord | clsOrdinal | clsRoman):
		return int8(i + 1) //nolint:gosec // lists of a few words
	}
	return 0
}

// add enters a word, and notes with the first word of a phrase how long the phrase is.
func (d *dictionary) add(w string, cls class, value int8) {
	e := d.words[w]
	e.cls |= cls
	if value != 0 {
		e.value = value
	}
	d.words[w] = e
	if first, _, phrase := strings.Cut(w, "_"); phrase {
		f := d.words[first]
		f.more = max(f.more, int8(strings.Count(w, "_")+1)) //nolint:gosec // phrases of a few words
		d.words[first] = f
	}
}

// eachList calls f with each list of a data file.
func eachList(file string, f func(name string, words []string)) {
	text, err := dataFiles.ReadFile("data/" + file + ".txt")
	if err != nil {
		panic("matcher: " + err.Error()) // the files are built in
	}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, words, _ := strings.Cut(line, ":")
		f(name, strings.Fields(words))
	}
}
