package sandbox

import (
	"path"
	"regexp"
	"strconv"
	"strings"
)

// fileGuess is what a file name says.
type fileGuess struct {
	title    string
	year     int
	season   int
	episodes []int
	numbered bool // a bare number, as fansubs have it
}

var (
	seasonEpisode = regexp.MustCompile(`(?i)\bS(\d{1,2})[ ._-]*E(\d{1,4})((?:[ ._-]*E\d{1,4})*)`)
	crossEpisode  = regexp.MustCompile(`\b(\d{1,2})x(\d{2,3})\b`)
	fansubNumber  = regexp.MustCompile(` - (\d{1,4})(?:v\d)?\b`)
	seasonFolder  = regexp.MustCompile(`(?i)^(season|staffel|saison)[ ._]*\d+$`)
	moreEpisodes  = regexp.MustCompile(`(?i)E(\d{1,4})`)
	yearInName    = regexp.MustCompile(`[ ._(\[]((?:19|20)\d\d)(?:[ ._)\]]|$)`)
	bracketed     = regexp.MustCompile(`\[[^\]]*\]`)
	technical     = regexp.MustCompile(`(?i)\b(480p|576p|720p|1080p|2160p|4k|blu-?ray|bdrip|brrip|web-?dl|webrip|web|hdtv|dvdrip|remux|x264|x265|h264|h265|hevc|proper|repack|extended)\b`)
)

// readFileName understands the usual names of files; the folder above is asked when the name holds no title.
func readFileName(file string) fileGuess {
	file = strings.ReplaceAll(file, `\`, "/")
	base := path.Base(file)
	if ext := path.Ext(base); len(ext) >= 3 && len(ext) <= 5 && !strings.Contains(ext, " ") {
		base = strings.TrimSuffix(base, ext)
	}
	base = strings.TrimSpace(strings.ReplaceAll(bracketed.ReplaceAllString(base, " "), "_", " "))
	g := fileGuess{}
	cut := len(base)
	if m := seasonEpisode.FindStringSubmatchIndex(base); m != nil {
		cut = m[0]
		g.season = number(base[m[2]:m[3]])
		g.episodes = append(g.episodes, number(base[m[4]:m[5]]))
		for _, e := range moreEpisodes.FindAllStringSubmatch(base[m[6]:m[7]], -1) {
			g.episodes = append(g.episodes, number(e[1]))
		}
	} else if m := crossEpisode.FindStringSubmatchIndex(base); m != nil {
		cut = m[0]
		g.season, g.episodes = number(base[m[2]:m[3]]), []int{number(base[m[4]:m[5]])}
	} else if m := fansubNumber.FindStringSubmatchIndex(base); m != nil {
		cut = m[0]
		g.episodes, g.numbered = []int{number(base[m[2]:m[3]])}, true
	}
	// A year may itself be the title (1917, 2012): only one behind a title counts.
	if m := yearInName.FindAllStringSubmatchIndex(base[:cut], -1); len(m) > 0 {
		last := m[len(m)-1]
		g.year, cut = number(base[last[2]:last[3]]), last[0]
	}
	if m := technical.FindStringIndex(base[:cut]); m != nil && m[0] > 0 {
		cut = m[0]
	}
	g.title = strings.Trim(strings.ReplaceAll(base[:cut], ".", " "), " -([")
	if parent := path.Dir(file); g.title == "" && parent != "." && parent != "/" && parent != file {
		if seasonFolder.MatchString(path.Base(parent)) {
			parent = path.Dir(parent)
		}
		above := readFileName(path.Base(parent))
		g.title = above.title
		if g.year == 0 {
			g.year = above.year
		}
	}
	return g
}

// number reads digits that an expression has already found; they are at most four.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}
