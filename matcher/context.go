package matcher

// context is what the folders above a file say.
type context struct {
	kinds      folderKind // of all folders
	season     int        // of a season folder, -1 none
	seasonName bool       // the season folder is named as one, not just numbered
	titles     [2]int     // indexes of folders that can be titles, nearest first; -1 none
	extra      bool
	disc       bool
	discNo     int
	series     bool
	films      bool
	anime      bool
	direct     folderKind // what the nearest folder is
	camera     bool       // nearer than any library lies a folder of recordings
}

// gather judges the folders above the file by their names.
func (m *matcher) gather() {
	c := context{season: -1, titles: [2]int{-1, -1}}
	titles, outside := 0, false
	show := -1 // the folder right above a season
	for i := range maxParts {
		name := m.ref.folder(i)
		if name == "" {
			break
		}
		ro := m.d.folderRole(name)
		if i == 0 {
			c.direct = ro.kind
		}
		above := m.ref.folder(i + 1)
		switch {
		case ro.disc:
			c.disc = true
			continue
		case ro.kind&folderExtra != 0 && titles == 0 && c.season < 0:
			if above == "" || m.d.folderRole(above).kind&folderLibrary == 0 || ro.kind&folderContainer != 0 {
				c.extra = true
			}
		case ro.kind&folderSpecials != 0 && titles == 0 && above != "":
			c.season, c.seasonName = 0, true
			continue
		}
		if n, ok := discFolder(name); ok && titles == 0 {
			c.discNo = n
			continue
		}
		if c.kinds&(folderFilms|folderSeries) == 0 { // the nearest library decides: Movies/TV Shows/...
			c.films, c.series = ro.kind&folderFilms != 0, ro.kind&folderSeries != 0
		}
		c.camera = c.camera || ro.kind&folderCamera != 0 && (c.kinds|ro.kind)&folderLibrary == 0 && c.season < 0
		c.kinds |= ro.kind
		if ro.kind&(folderContainer|folderQuality) == folderContainer && !ro.hex {
			outside = true // what is above Downloads or Videos names no title
		}
		if ro.title && titles < 2 && !outside {
			if titles == 0 && c.season < 0 {
				if s, named, ok := m.seasonFolder(name, above); ok {
					c.season, c.seasonName = s, named
					show = i + 1
					continue
				}
			}
			c.titles[titles] = i
			titles++
		}
	}
	if titles == 0 && show >= 0 && m.d.folderRole(m.ref.folder(show+1)).kind&folderLibrary != 0 {
		c.titles[0] = show // a show called "Extras" or "Show" in a library
	}
	c.anime = c.kinds&folderAnime != 0
	m.ctx = c
}

// seasonFolder reports whether a folder is the season of the show that the folder above it names.
func (m *matcher) seasonFolder(name, above string) (season int, named, ok bool) {
	if n, isNum := wholeNumber([]byte(name)); isNum && len(name) <= 2 {
		return n, false, above != "" && m.d.folderRole(above).title
	}
	r := &m.upper
	r.read(m.d, name)
	if s, ok := m.seasonBehindTitle(above); ok {
		return s, false, true
	}
	if !r.season.found || r.num.form == formSE {
		return 0, false, false
	}
	title := r.clean(r.title)
	if title == "" {
		return r.season.season, true, true
	}
	if above != "" && Same(title, above) {
		return r.season.season, true, true
	}
	return 0, false, false
}

// seasonBehindTitle reads the season folder "Spooks 3" or "Red Dwarf VIII" in a folder of that title.
func (m *matcher) seasonBehindTitle(above string) (int, bool) {
	r := &m.upper
	last := len(r.toks) - 1
	if above == "" || last < 1 || r.num.form != formNone {
		return 0, false
	}
	t := &r.toks[last]
	n := t.num
	if n < 0 && t.is(clsRoman) {
		n = int(t.value)
	}
	if n < 1 || t.digits > 2 || !Same(r.clean(r.spanOf(0, last)), above) {
		return 0, false
	}
	return n, true
}

// readFolders reads the folders that can be titles.
func (m *matcher) readFolders() {
	m.show.clear()
	m.upper.clear()
	if i := m.ctx.titles[0]; i >= 0 {
		m.show.read(m.d, unreversed(m.ref.folder(i)))
	}
	if i := m.ctx.titles[1]; i >= 0 {
		m.upper.read(m.d, m.ref.folder(i))
	}
}

func (r *reading) clear() {
	*r = reading{low: r.low[:0], key: r.key[:0], toks: r.toks[:0], groups: r.groups[:0]}
}

// liftDisc gives the name of the folder that a disc is in, and takes it off the folders.
func (m *matcher) liftDisc(stem string) string {
	if m.ref.disc && !m.ctx.disc {
		if ro := m.d.folderRole(m.ref.name()); !ro.disc {
			return stem
		}
	}
	i := m.ctx.titles[0]
	if i < 0 {
		return ""
	}
	name := m.ref.folder(i)
	m.ctx.titles[0], m.ctx.titles[1] = m.ctx.titles[1], -1
	return name
}
