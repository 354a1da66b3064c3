package term

import (
	"io"
	"slices"
	"strings"
)

// Column says how the cells of a column behave when there is little room.
type Column struct {
	Head string
	// Right puts numbers to the right.
	Right bool
	// Drop is the order in which columns go when the screen is too narrow, from 1; 0 stays.
	Drop int
	// Shrink is how a cell is cut when all that can go has gone; nil is never.
	Shrink func(text string, width int) string
	// Second puts the column on a second line where the screen has less than 60 cells.
	Second bool
}

// Cell is one value. Text is made safe to show by the table.
type Cell struct {
	Text string
	// Short takes the place of Text where there is little room: a title without its year. "" is the same as Text.
	Short string
	Style Style
	// Page makes the cell an address on Simkl, such as "simkl.com/tv/1109411"; Text is not used.
	Page string
}

const (
	gap         = "  "
	narrow      = 60 // cells under which a row takes two lines
	shrunkCells = 20 // the least of a column that shrinks
)

// Table writes rows under heads, if there are any: two blanks between columns, no frames. In a pipe nothing is cut or
// left out.
func (s Screen) Table(columns []Column, rows [][]Cell) error {
	t := layout{screen: s, columns: columns, keep: make([]bool, len(columns))}
	for i := range t.keep {
		t.keep[i] = true
	}
	for _, row := range rows {
		var texts, shorts []string
		for _, c := range row {
			texts = append(texts, t.text(c.Text, c.Page))
			shorts = append(shorts, t.text(first(c.Short, c.Text), c.Page))
		}
		t.texts, t.shorts = append(t.texts, texts), append(t.shorts, shorts)
	}
	t.fit()
	_, err := io.WriteString(s, t.render(rows))
	return err
}

type layout struct {
	screen        Screen
	columns       []Column
	keep          []bool
	widths        []int
	texts, shorts [][]string
	twoLines      bool
}

func (t *layout) text(text, page string) string {
	if page == "" {
		return Foreign(text)
	}
	if !t.screen.Terminal {
		page = "https://" + page
	}
	return Foreign(page)
}

// fit leaves columns out, then takes the short texts, then shrinks, until a row fits.
func (t *layout) fit() {
	t.measure()
	if !t.screen.Terminal || t.screen.Width == 0 {
		return
	}
	if t.screen.Width < narrow && slices.ContainsFunc(t.columns, func(c Column) bool { return c.Second }) {
		t.twoLines = true
		t.texts = t.shorts
		for i, c := range t.columns {
			t.keep[i] = c.Drop == 0
		}
		t.measure()
	}
	for order := 1; t.total() > t.screen.Width && order <= len(t.columns); order++ {
		for i, c := range t.columns {
			if c.Drop == order {
				t.keep[i] = false
			}
		}
	}
	if t.total() > t.screen.Width {
		t.texts = t.shorts
		t.measure()
	}
	for i, c := range t.columns {
		if over := t.total() - t.screen.Width; over > 0 && t.keep[i] && c.Shrink != nil {
			t.widths[i] = min(t.widths[i], max(shrunkCells, t.widths[i]-over))
		}
	}
}

func (t *layout) measure() {
	t.widths = make([]int, len(t.columns))
	for i, c := range t.columns {
		if !t.twoLines {
			t.widths[i] = Width(c.Head)
		}
		for _, row := range t.texts {
			t.widths[i] = max(t.widths[i], Width(row[i]))
		}
	}
}

// total is the width of the longest line.
func (t *layout) total() int {
	lines := [2]int{}
	for i := range t.columns {
		if !t.keep[i] {
			continue
		}
		line := 0
		if t.twoLines && t.columns[i].Second {
			line = 1
		}
		if lines[line] > 0 {
			lines[line] += len(gap)
		}
		lines[line] += t.widths[i]
	}
	if lines[1] > 0 {
		lines[1] += t.indent()
	}
	return max(lines[0], lines[1])
}

// indent of a second line: what it says belongs under the second column.
func (t *layout) indent() int { return t.widths[0] + len(gap) }

func (t *layout) render(rows [][]Cell) string {
	var b strings.Builder
	heads := make([]string, len(t.columns))
	for i, c := range t.columns {
		heads[i] = c.Head
	}
	if !t.twoLines && strings.Join(heads, "") != "" {
		b.WriteString(t.line(heads, nil, func(Column) bool { return true }))
	}
	for r, row := range t.texts {
		if !t.twoLines {
			b.WriteString(t.line(row, rows[r], func(Column) bool { return true }))
			continue
		}
		b.WriteString(t.line(row, rows[r], func(c Column) bool { return !c.Second }))
		b.WriteString(strings.Repeat(" ", t.indent()))
		b.WriteString(t.line(row, rows[r], func(c Column) bool { return c.Second }))
	}
	return b.String()
}

func (t *layout) line(texts []string, row []Cell, in func(Column) bool) string {
	var parts []string
	for i, c := range t.columns {
		if !t.keep[i] || !in(c) {
			continue
		}
		text := texts[i]
		if c.Shrink != nil && Width(text) > t.widths[i] {
			text = c.Shrink(text, t.widths[i])
		}
		padded := pad(text, t.widths[i], c.Right)
		if row != nil {
			painted := t.screen.Paint(row[i].Style, text)
			if row[i].Page != "" && t.screen.Terminal {
				painted = t.screen.Link(text, "https://"+row[i].Page)
			}
			padded = strings.Replace(padded, text, painted, 1)
		}
		parts = append(parts, padded)
	}
	return strings.TrimRight(strings.Join(parts, gap), " ") + "\n"
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
