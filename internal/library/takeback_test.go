package library_test

import (
	"errors"
	"testing"
	"time"

	"github.com/simkld/simkld/internal/library"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
)

var noon = time.Date(2026, 5, 22, 12, 0, 0, 0, time.UTC)

func TestAFilmIsRemovedOnlyIfThisWatchAlonePutItThere(t *testing.T) {
	t.Parallel()
	heat := media.Answer{Kind: media.AnswerMovie, Title: "Heat", IDs: media.IDs{Simkl: 53801}}
	for name, tt := range map[string]struct {
		row  simkl.Listed
		kept bool
	}{
		"its own":            {simkl.Listed{Added: noon, LastAt: noon}, false},
		"arrived late":       {simkl.Listed{Added: noon.Add(3 * time.Hour), LastAt: noon}, false},
		"listed before":      {simkl.Listed{Added: noon.Add(-time.Minute), LastAt: noon}, true},
		"watched before":     {simkl.Listed{Added: noon, LastAt: noon.Add(-time.Hour)}, true},
		"watched since":      {simkl.Listed{Added: noon, LastAt: noon.Add(time.Hour)}, true},
		"rated":              {simkl.Listed{Added: noon, LastAt: noon, Rating: 8}, true},
		"added nobody knows": {simkl.Listed{LastAt: noon}, true},
		"date not known":     {simkl.Listed{Added: noon, LastAt: time.Unix(1, 0)}, true},
	} {
		tt.row.Answer = heat
		item, err := library.Removal([]simkl.Listed{tt.row}, library.Watch{Answer: heat, At: noon})
		_, kept := errors.AsType[*library.KeptError](err)
		if kept != tt.kept || !kept && (err != nil || !item.Whole || item.IDs.Simkl != 53801) {
			t.Errorf("%s: %+v, %v", name, item, err)
		}
	}
}

func TestAnEpisodeIsRemovedOnlyIfItIsThisWatch(t *testing.T) {
	t.Parallel()
	title := media.Answer{Kind: media.AnswerShow, Title: "Severance", IDs: media.IDs{Simkl: 1109411}}
	asked := title
	asked.Season, asked.Episode = new(2), new(3)
	seen := func(at time.Time) simkl.Listed {
		return simkl.Listed{Answer: title, Rating: 9, Added: noon.AddDate(-1, 0, 0), Seen: []simkl.Seen{
			{Season: 1, Number: 3, At: noon.AddDate(-1, 0, 0)}, {Season: 2, Number: 3, At: at},
		}}
	}
	again := simkl.Listed{Answer: title, RewatchID: 7, Seen: []simkl.Seen{{Season: 2, Number: 3, At: noon.AddDate(0, 1, 0)}}}
	for name, tt := range map[string]struct {
		rows []simkl.Listed
		kept bool
		gone bool
	}{
		"its own, of a title that was rated": {rows: []simkl.Listed{seen(noon.Add(2 * time.Second))}},
		"watched before":                     {rows: []simkl.Listed{seen(noon.Add(-time.Hour))}, kept: true},
		"watched since":                      {rows: []simkl.Listed{seen(noon.Add(time.Hour))}, kept: true},
		"nobody knows when":                  {rows: []simkl.Listed{seen(time.Time{})}, kept: true},
		"watched again":                      {rows: []simkl.Listed{seen(noon), again}, kept: true},
		"not there":                          {rows: []simkl.Listed{{Answer: title}}, gone: true},
		"no such title":                      {gone: true},
	} {
		item, err := library.Removal(tt.rows, library.Watch{Answer: asked, At: noon})
		_, kept := errors.AsType[*library.KeptError](err)
		if kept != tt.kept || errors.Is(err, library.ErrGone) != tt.gone {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil && (item.Whole || *item.Season != 2 || *item.Number != 3 || len(item.Also) > 0) {
			t.Errorf("%s: %+v", name, item)
		}
	}
}
