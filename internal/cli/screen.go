package cli

import (
	"os"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/term"
)

// out is standard output as a screen.
func (e *Env) out() term.Screen { return e.screen(e.Out) }

// errOut is standard error as a screen: for questions and for what moves.
func (e *Env) errOut() term.Screen { return e.screen(e.Err) }

func (e *Env) screen(stream any) term.Screen {
	if f, ok := stream.(*os.File); ok {
		return term.New(f, e.flags.color, e.getenv)
	}
	w, _ := stream.(interface{ Write(p []byte) (int, error) })
	return term.Screen{Writer: w, Color: term.ColorWanted(e.flags.color, false, e.getenv)}
}

// The columns that tables share (screens.md 5).
var (
	columnWhat = term.Column{Head: "WHAT", Shrink: term.CutTitle}
	columnPage = term.Column{Head: "SIMKL", Second: true}
)

// whatCell is a title; where there is little room it goes without its year.
func whatCell(m media.Match, path string) term.Cell {
	short := m
	short.Year = 0
	return term.Cell{Text: labelOf(m, path), Short: labelOf(short, path)}
}

// pageCell is Simkl's address of an answer, or a dash.
func pageCell(a *media.Answer) term.Cell {
	if a == nil {
		return text("-")
	}
	return addressCell(a.Page())
}

// addressCell is an address on Simkl, or a dash.
func addressCell(page string) term.Cell {
	if page == "" {
		return text("-")
	}
	return term.Cell{Page: page}
}

func text(s string) term.Cell { return term.Cell{Text: s} }
