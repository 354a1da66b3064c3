package sandbox

// The clock arithmetic of New York, for comparison with the zone files.
var (
	NewYorkDay   = nyDay
	NextMidnight = nextMidnight
	ReadFileName = func(file string) (title string, year, season int, episodes []int) {
		g := readFileName(file)
		return g.title, g.year, g.season, g.episodes
	}
)
