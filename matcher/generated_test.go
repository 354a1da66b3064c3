package matcher_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/matcher"
)

// What the names made from testdata/titles.txt and testdata/layouts.txt reached, in percent; it may only rise.
const (
	floorGenerated = 99.9 // all names
	floorLayout    = 96.0 // each layout by itself
	ceilGenerated  = 0.0  // must be refused, was answered
)

// made is a name made by a layout, and what it is.
type made struct {
	path, layout, want string
	title              string
	year, season       int
	nums               []int
	date               string
}

// tabbed reads a file of lines with the given number of columns.
func tabbed(t *testing.T, name string, columns int) [][]string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out [][]string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if l := strings.Split(lines.Text(), "\t"); len(l) == columns && !strings.HasPrefix(l[0], "#") {
			out = append(out, l)
		}
	}
	if len(out) == 0 {
		t.Fatalf("nothing in %s", name)
	}
	return out
}

// make fills one layout for one title with numbers, tags and names by chance.
func makeName(r *rand.Rand, layout, want, title string, year int) made {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	two := func(n int) string { return fmt.Sprintf("%02d", n) }
	season, episode, absolute := 1+r.IntN(12), 1+r.IntN(24), 1+r.IntN(60)
	if want == "Ey1" {
		season, absolute = 1, 1+r.IntN(24)
		episode = absolute
	}
	word := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "BCDFGHKLMNPRSTVWXZ"[r.IntN(18)]
		}
		return string(b)
	}
	hash := func(n int, digits string) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = digits[r.IntN(len(digits))]
		}
		return string(b)
	}
	dotted := strings.Join(strings.FieldsFunc(strings.Map(func(c rune) rune {
		if strings.ContainsRune(",!()", c) {
			return -1
		}
		return c
	}, title), func(c rune) bool { return c == ' ' || c == '.' }), ".")
	resolution := pick("1080p", "720p", "2160p", "480p")
	source := pick("BluRay", "WEB-DL", "WEBRip", "HDTV", "BDRip", "UHD.BluRay", "NF.WEB-DL", "AMZN.WEB-DL", "DVDRip")
	video := pick("x264", "x265", "H.264", "H.265", "HEVC", "10bit.x265", "XviD")
	sound := pick("AAC2.0", "DDP5.1", "DTS-HD.MA.5.1", "AC3", "TrueHD.7.1.Atmos", "FLAC", "DD5.1")
	name := pick("The Arrival", "Pilot", "Chapter One", "Part 2", "The One with the Dog", "Home", "24 Hours", "Revenge", "What Lies Beneath", "A Long Way Down")
	month, day, y := 1+r.IntN(12), 1+r.IntN(28), 2001+r.IntN(24)
	months := []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	s := strings.NewReplacer(
		"{T}", title, "{.}", dotted, "{.l}", strings.ToLower(dotted), "{_}", strings.ReplaceAll(dotted, ".", "_"), "{L}", strings.ToLower(title), "{Y}", strconv.Itoa(year),
		"{s}", strconv.Itoa(season), "{ss}", two(season), "{e}", strconv.Itoa(episode), "{ee}", two(episode), "{ff}", two(episode+1), "{gg}", two(episode+2),
		"{a}", strconv.Itoa(absolute), "{aa}", two(absolute), "{aaa}", fmt.Sprintf("%03d", absolute), "{bb}", two(absolute+1),
		"{N}", name, "{N.}", strings.ReplaceAll(name, " ", "."), "{G}", word(3+r.IntN(5)), "{R}", resolution,
		"{C}", hash(8, "0123456789ABCDEF"), "{H}", "a1"+hash(30, "0123456789abcdef"), "{x}", resolution+"."+source+"."+sound+"."+video, "{X}", "["+resolution+"]["+sound+"]["+video+"]",
		"{D.}", fmt.Sprintf("%d.%02d.%02d", y, month, day), "{D-}", fmt.Sprintf("%d-%02d-%02d", y, month, day),
		"{Dd}", fmt.Sprintf("%02d.%02d.%d", day, month, y), "{Dm}", fmt.Sprintf("%s %d, %d", months[month-1], day, y),
	).Replace(layout)
	m := made{path: s, layout: layout, want: want, title: title, year: year, season: season, date: fmt.Sprintf("%d-%02d-%02d", y, month, day)}
	switch strings.TrimRight(want, "y1") {
	case "E":
		m.nums = []int{episode}
	case "EE":
		m.nums = []int{episode, episode + 1}
	case "EEE":
		m.nums = []int{episode, episode + 1, episode + 2}
	case "A":
		m.nums, m.season = []int{absolute}, -1
		if strings.Contains(layout, "{e}") || strings.Contains(layout, "{ee}") {
			m.nums = []int{episode}
		}
	case "AA":
		m.nums, m.season = []int{absolute, absolute + 1}, -1
	case "S":
		m.nums, m.season = []int{episode}, 0
	}
	return m
}

// right reports whether an answer is what the layout says.
func (c *made) right(m media.Match) bool {
	want := strings.TrimRight(c.want, "y1")
	if want == "N" {
		return m.Kind == media.KindNone || m.Confidence < 0.5
	}
	if !matcher.Same(m.Title, c.title) && !matcher.Same(m.Title+m.Country, c.title) || strings.Contains(c.want, "y") && m.Year != c.year {
		return false
	}
	switch want {
	case "F", "f":
		return m.Kind == media.KindMovie
	case "D":
		return m.Kind == media.KindEpisode && m.Date == c.date
	}
	nums := m.Episodes
	if c.season < 0 {
		nums = slices.Concat(m.Absolute, m.Episodes)
	} else if m.Season == nil || *m.Season != c.season {
		return false
	}
	return m.Kind == media.KindEpisode && slices.EqualFunc(nums, c.nums, func(a media.Number, b int) bool { return a == media.Number(b) })
}

// Every layout is tried with well-known titles that are not in the corpus: what is read must not depend on the title.
func TestGeneratedNamesAreReadByTheirLayout(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 2026))
	titles := tabbed(t, "testdata/titles.txt", 3)
	var all, refused tally
	for _, l := range tabbed(t, "testdata/layouts.txt", 3) {
		var score tally
		var wrong []string
		for _, row := range titles {
			if row[0] != l[0] {
				continue
			}
			year, err := strconv.Atoi(row[2])
			if err != nil {
				t.Fatal(err)
			}
			c := makeName(r, l[1], l[2], row[1], year)
			m := path(c.path)
			ok := c.right(m)
			score.add(ok)
			all.add(ok)
			if l[2] == "N" {
				refused.add(!ok)
			}
			if !ok {
				wrong = append(wrong, fmt.Sprintf("%s: %s", c.path, line(m)))
			}
		}
		if len(wrong) > 0 {
			t.Logf("%5.1f %% %s\n\t%s", score.percent(), l[1], strings.Join(wrong[:min(len(wrong), 4)], "\n\t"))
		}
		if score.percent() < floorLayout {
			t.Errorf("%s: %.1f %%, the mark is %.1f %%", l[1], score.percent(), floorLayout)
		}
	}
	t.Logf("%d names: %.2f %% right; %.2f %% of %d that must be refused were answered", all.n, all.percent(), refused.percent(), refused.n)
	if all.percent() < floorGenerated || refused.percent() > ceilGenerated {
		t.Errorf("%.2f %% are right, the mark is %.2f %%; %.2f %% were answered that must be refused", all.percent(), floorGenerated, refused.percent())
	}
}
