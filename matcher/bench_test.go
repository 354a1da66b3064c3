package matcher_test

import (
	"testing"

	"github.com/simkld/simkld/matcher"
)

var benchPaths = []string{
	"/data/TV Shows/Severance (2022)/Season 02/Severance (2022) - S02E03 - Who Is Alive [WEBDL-2160p][DV HDR10][EAC3 Atmos 5.1][h265]-NTb.mkv",
	"The.Daily.Show.2024.02.12.Jon.Stewart.1080p.WEB.h264-EDITH.mkv",
	"[SubsPlease] Sousou no Frieren - 05 (1080p) [F02B9CEE].mkv",
	"/movies/Heat (1995)/Heat.1995.REMASTERED.1080p.BluRay.x264-GROUP.mkv",
	"/Сериалы/Кухня/Сезон 2/03. Серия.mkv",
	"the.big.bang.theory.1007.hdtv-lol.mp4",
}

func BenchmarkMatch(b *testing.B) {
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		matcher.Match(matcher.Input{Path: benchPaths[i%len(benchPaths)]})
		i++
	}
}

// BenchmarkCorpus matches every name of the corpus: the mix of kinds that speed is measured on.
func BenchmarkCorpus(b *testing.B) {
	cases := loadCorpus(b, "dev")
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		matcher.Match(matcher.Input{Path: cases[i%len(cases)].Path})
		i++
	}
}

func BenchmarkJSONLine(b *testing.B) {
	lines := make([][]byte, len(benchPaths))
	for i, p := range benchPaths {
		lines[i] = []byte(`{"id":"x","path":"` + p + `"}`)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		matcher.JSONLine(lines[i%len(lines)])
		i++
	}
}
