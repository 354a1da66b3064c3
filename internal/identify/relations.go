package identify

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/simkld/simkld/internal/media"
)

// Relations say which episodes of an anime are those of a later season in the catalogues that number each season by
// itself (MyAnimeList, Kitsu, AniList). The zero value knows none.
type Relations struct {
	from map[catalogID][]relation
}

// catalogID is an id in one of the three catalogues.
type catalogID struct {
	catalog int // index into catalogs
	id      string
}

// relation: episodes first to last of a title are those of another title from then on.
type relation struct {
	first, last int
	to          [3]string // in the order of catalogs; "" when unknown
	toFirst     int
}

// catalogs are the catalogues in the order in which the table writes their ids.
var catalogs = [3]struct {
	name string
	id   func(ids *media.IDs) *string
}{
	{"mal", func(ids *media.IDs) *string { return &ids.MAL }},
	{"kitsu", func(ids *media.IDs) *string { return &ids.Kitsu }},
	{"anilist", func(ids *media.IDs) *string { return &ids.AniList }},
}

// mostRelations bounds the table that is read, in bytes; the public one has a tenth of it.
const mostRelations = 4 << 20

// ReadRelations reads the first of the files that is there, in the public anime-relations format. None of them is no
// error: no table is shipped.
func ReadRelations(files ...string) *Relations {
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			continue
		}
		text, err := io.ReadAll(io.LimitReader(f, mostRelations))
		_ = f.Close() // it was only read
		if err == nil {
			return ParseRelations(text)
		}
	}
	return &Relations{}
}

// ParseRelations reads a table of lines "- MAL|Kitsu|AniList:EPISODES -> MAL|Kitsu|AniList:EPISODES". In an id, "?" is
// not known and "~" the same as before the arrow; a range may end with "?"; "!" says that the later title may be numbered
// like the earlier one, too. What is no such line is left out.
func ParseRelations(text []byte) *Relations {
	r := &Relations{from: map[catalogID][]relation{}}
	rules := false
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if name, ok := strings.CutPrefix(line, "::"); ok {
			rules = name == "rules"
		} else if rest, ok := strings.CutPrefix(line, "-"); ok && rules {
			r.add(rest)
		}
	}
	return r
}

func (r *Relations) add(line string) {
	left, right, ok := strings.Cut(line, "->")
	if !ok {
		return
	}
	right = strings.TrimSpace(right)
	right, both := strings.CutSuffix(right, "!")
	fromIDs, first, last, ok := parseSide(left, [3]string{})
	if !ok {
		return
	}
	toIDs, toFirst, toLast, ok := parseSide(right, fromIDs)
	if !ok || last != math.MaxInt && toLast != math.MaxInt && last-first != toLast-toFirst {
		return
	}
	rel := relation{first: first, last: last, to: toIDs, toFirst: toFirst}
	r.put(fromIDs, rel)
	if both {
		r.put(toIDs, rel)
	}
}

func (r *Relations) put(ids [3]string, rel relation) {
	for i, id := range ids {
		if id != "" {
			key := catalogID{i, id}
			r.from[key] = append(r.from[key], rel)
		}
	}
}

// parseSide reads "MAL|Kitsu|AniList:EPISODES".
func parseSide(text string, same [3]string) (ids [3]string, first, last int, ok bool) {
	names, episodes, ok := strings.Cut(strings.TrimSpace(text), ":")
	parts := strings.Split(names, "|")
	if !ok || len(parts) != len(ids) {
		return ids, 0, 0, false
	}
	for i, part := range parts {
		switch {
		case part == "?":
		case part == "~":
			ids[i] = same[i]
		case strings.Trim(part, "0123456789") == "" && len(part) > 0 && len(part) <= 10:
			ids[i] = part
		default:
			return ids, 0, 0, false
		}
	}
	from, to, ranged := strings.Cut(episodes, "-")
	first, ok = episodeNumber(from)
	last = first
	if ranged && ok {
		if to == "?" {
			return ids, first, math.MaxInt, true
		}
		last, ok = episodeNumber(to)
	}
	return ids, first, last, ok && last >= first
}

func episodeNumber(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0 && n <= 100_000 && text[0] != '+'
}

// apply gives a match under the title that the table has its episodes at, and false where it has none. Only a title that
// is known by an id of the three is looked for: names are not enough for it.
func (r *Relations) apply(m media.Match) (media.Match, bool) {
	numbers := m.Absolute
	if len(numbers) == 0 && (m.Season == nil || *m.Season == 1) {
		numbers = m.Episodes
	}
	if r == nil || m.Kind != media.KindEpisode || len(numbers) == 0 {
		return m, false
	}
	for i, c := range catalogs {
		id := *c.id(&m.IDs)
		if id == "" {
			continue
		}
		for _, rel := range r.from[catalogID{i, id}] {
			there, ok := rel.shift(numbers)
			if !ok {
				continue
			}
			ids := media.IDs{}
			for j, to := range rel.to {
				*catalogs[j].id(&ids) = to
			}
			if ids.IsZero() {
				continue
			}
			because := fmt.Sprintf("the anime-relations table: E%s of %s %s is E%s of %s",
				numbers[0], c.name, id, there[0], relatedWords(rel.to))
			// By its name the earlier title would be found, with a number that is not its.
			m.IDs, m.Title, m.Year = ids, "", 0
			m.Season, m.Episodes, m.Absolute, m.Anime = nil, nil, there, true
			m.Because = append(slices.Clip(m.Because), because)
			return m, true
		}
	}
	return m, false
}

// shift gives all numbers as the later title has them, and false where one is not its.
func (rel relation) shift(numbers []media.Number) ([]media.Number, bool) {
	there := make([]media.Number, len(numbers))
	for i, n := range numbers {
		own, whole := n.Int()
		if !whole || own < rel.first || own > rel.last {
			return nil, false
		}
		there[i] = media.Number(own - rel.first + rel.toFirst)
	}
	return there, true
}

func relatedWords(ids [3]string) string {
	for i, id := range ids {
		if id != "" {
			return catalogs[i].name + " " + id
		}
	}
	return ""
}
