package identify_test

import (
	"testing"

	"github.com/simkld/simkld/internal/identify"
)

func TestExcludeCoversFoldersGlobsAndURLs(t *testing.T) {
	p := identify.NewPlaces(nil, nil, []string{
		"/home/mika/Videos/Family", "/mnt/**/private/**", "https://tube.example/shorts", "/srv/[odd",
	})
	for path, want := range map[string]bool{
		"/home/mika/Videos/Family/2019/beach.mkv": true,
		"/home/mika/Videos/Family":                true,
		"/home/mika/Videos/FamilyGuy/S01E01.mkv":  false,
		"/mnt/nas/a/private/x.mkv":                true,
		"/mnt/nas/a/public/x.mkv":                 false,
		"https://tube.example/shorts/1":           true,
		"https://tube.example/shortsies/1":        false,
		"https://tube.example.evil/shorts/1":      false,
		"http://tube.example/shorts/1":            false,
		"/srv/[odd/x.mkv":                         true,
		"":                                        false,
	} {
		if _, got := p.Excluded(path); got != want {
			t.Errorf("%q excluded: %v, want %v", path, got, want)
		}
	}
}

func TestEmptyIncludeCoversEverything(t *testing.T) {
	if !identify.NewPlaces(nil, nil, nil).Included("/anything") {
		t.Error("an empty include must cover everything")
	}
	p := identify.NewPlaces([]string{"/lib"}, []string{"/films"}, nil)
	for path, want := range map[string]bool{"/films/Heat.mkv": true, "/lib/Heat.mkv": false, "/filmsy/x": false} {
		if got := p.Included(path); got != want {
			t.Errorf("%q included: %v, want %v", path, got, want)
		}
	}
}

func TestNamesInLibraryAndIncludeMayGo(t *testing.T) {
	p := identify.NewPlaces([]string{"/lib"}, []string{"/films"}, nil)
	for path, want := range map[string]bool{"/lib/crash.mkv": true, "/films/crash.mkv": true, "/home/crash.mkv": false} {
		if _, got := p.Known(path); got != want {
			t.Errorf("%q known: %v, want %v", path, got, want)
		}
	}
}

// macOS hands out names in NFD; the settings are typed in NFC.
func TestDecomposedNamesAreTheSameFolder(t *testing.T) {
	p := identify.NewPlaces(nil, nil, []string{"/films/Am\u00e9lie"})
	if _, got := p.Excluded("/films/Ame\u0301lie/a.mkv"); !got {
		t.Error("NFD and NFC spellings of one folder differ")
	}
}
