package matcher

// plausibleYear reports whether n can be the year of a film or series. Films begin in 1888; no clock is asked, so
// that the same name is read alike in any year.
func plausibleYear(n int) bool { return n >= 1888 && n <= 2039 }

// dateAt reads an air date at token i: 2024-02-12, 15-05-2018, 04.28.2014, 20150611, 5th Mar 2025, 18.November.2016.
func (r *reading) dateAt(i int) (u numbering, ok bool) {
	t := &r.toks[i]
	if t.digits == 8 {
		y, m, d := t.num/10000, t.num/100%100, t.num%100
		if y >= 1950 && plausibleYear(y) && dayExists(m, d) {
			return numbering{form: formDate, start: t.start, end: t.end, season: -1, year: y, month: m, day: d}, true
		}
		return u, false
	}
	day, j, ok := r.digitsAt(t.start, 4)
	if !ok || i+2 >= len(r.toks) {
		return u, false
	}
	b, c := &r.toks[i+1], &r.toks[i+2]
	if t.num < 0 { // 5th
		switch string(r.low[j:t.end]) {
		case "st", "nd", "rd", "th":
		default:
			return u, false
		}
	}
	if b.is(clsMonth) && b.value > 0 && c.num >= 1950 && plausibleYear(c.num) && day >= 1 && day <= 31 && tight(b) && tight(c) {
		return numbering{form: formDate, start: t.start, end: c.end, season: -1, year: c.num, month: int(b.value), day: day}, true
	}
	if t.num < 0 || b.num < 0 || b.gap != c.gap || !tight(b) || b.digits > 2 {
		return u, false
	}
	if t.digits < 4 && (t.digits == 1 || b.digits == 1) {
		return u, false // "Fahrenheit 9 11 2004"
	}
	third, e, ok := r.digitsAt(c.start, 4)
	if !ok || !r.bounded(e) {
		return u, false
	}
	u = numbering{form: formDate, start: t.start, end: c.end, season: -1}
	switch {
	case t.digits == 4 && plausibleYear(t.num) && e-c.start <= 2 && dayExists(b.num, third):
		u.year, u.month, u.day = t.num, b.num, third
	case t.digits == 4 && plausibleYear(t.num) && e-c.start <= 2 && b.num > 12 && dayExists(third, b.num): // 2012.13.02
		u.year, u.month, u.day = t.num, third, b.num
	case t.digits <= 2 && e-c.start == 4 && plausibleYear(third) && t.num > 12 && dayExists(b.num, t.num):
		u.year, u.month, u.day = third, b.num, t.num
	case t.digits <= 2 && e-c.start == 4 && plausibleYear(third) && b.num > 12 && dayExists(t.num, b.num):
		u.year, u.month, u.day = third, t.num, b.num
	case t.digits <= 2 && e-c.start == 4 && plausibleYear(third) && dayExists(b.num, t.num): // either: day first, as most of the world writes
		u.year, u.month, u.day = third, b.num, t.num
	default:
		return u, false
	}
	return u, true
}

// tight reports whether one separator alone stands before t.
func tight(t *token) bool {
	return t.gap&^(gapSpace|gapDot|gapUnder|gapDash|gapComma) == 0 && t.gap&gapSpaced == 0
}

func dayExists(month, day int) bool {
	return month >= 1 && month <= 12 && day >= 1 && day <= 31 && (day <= 30 || month != 4 && month != 6 && month != 9 && month != 11) &&
		(month != 2 || day <= 29)
}

// readMonth reads "October 8, 2014" at token i.
func (r *reading) readMonth(i int) {
	if i == 0 || i+2 >= len(r.toks) {
		return // a title: "September 5 (2024)"
	}
	t, b, c := &r.toks[i], &r.toks[i+1], &r.toks[i+2]
	if t.value == 0 || c.num < 1950 || !plausibleYear(c.num) || !tight(b) || !tight(c) {
		return
	}
	day, _, ok := r.digitsAt(b.start, 2)
	if !ok || !dayExists(int(t.value), day) {
		return
	}
	r.better(numbering{form: formDate, start: t.start, end: c.end, season: -1, year: c.num, month: int(t.value), day: day})
}
