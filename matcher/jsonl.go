package matcher

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/simkld/simkld/internal/media"
)

// line is one request of `simkld match --jsonl`. Other keys are ignored.
type line struct {
	ID       json.RawMessage `json:"id"`
	Path     string          `json:"path"`
	Siblings []string        `json:"siblings"`
}

// reply is the answer to one line.
type reply struct {
	ID         json.RawMessage `json:"id,omitempty"`
	Kind       media.Kind      `json:"kind"`
	Title      string          `json:"title,omitempty"`
	Year       int             `json:"year,omitempty"`
	Season     *int            `json:"season,omitempty"`
	Episodes   []media.Number  `json:"episodes,omitempty"`
	Absolute   []media.Number  `json:"absolute,omitempty"`
	Date       string          `json:"date,omitempty"`
	IDs        *media.IDs      `json:"ids,omitempty"`
	Country    string          `json:"country,omitempty"`
	Part       int             `json:"part,omitempty"`
	Edition    string          `json:"edition,omitempty"`
	Confidence float64         `json:"confidence"`
}

// ServeJSONL answers each line of r ({"id", "path"}) with one line on w, until r ends. A line that cannot be read is
// answered with an "error" and, where it has one, its id.
func ServeJSONL(r io.Reader, w io.Writer) error {
	in := bufio.NewReaderSize(r, 1<<16)
	out := bufio.NewWriterSize(w, 1<<16)
	for {
		text, err := in.ReadBytes('\n')
		if len(text) > 1 || err == nil {
			out.Write(JSONLine(text)) // an error stays in out and is seen below
			out.WriteByte('\n')
		}
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return fmt.Errorf("write answers: %w", err)
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read lines: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write answers: %w", err)
	}
	return nil
}

// JSONLine answers one line of the contract.
func JSONLine(text []byte) []byte {
	var l line
	if err := json.Unmarshal(text, &l); err != nil {
		b, _ := json.Marshal(map[string]any{"id": l.ID, "error": err.Error()})
		return b
	}
	m := Match(Input{Path: l.Path, Siblings: l.Siblings})
	a := reply{ID: l.ID, Kind: m.Kind, Title: m.Title, Year: m.Year, Season: m.Season, Episodes: m.Episodes, Absolute: m.Absolute,
		Date: m.Date, Country: m.Country, Part: m.Part, Edition: m.Edition, Confidence: m.Confidence}
	if m.Kind == media.KindMovie {
		if title, part := withoutPart(m.Title); part > 0 {
			a.Title, a.Part = title, part
		}
	}
	if !m.IDs.IsZero() {
		a.IDs = &m.IDs
	}
	b, err := json.Marshal(a)
	if err != nil {
		b, _ = json.Marshal(map[string]any{"id": l.ID, "error": err.Error()})
	}
	return b
}
