package requests

import (
	"slices"
	"strings"

	"github.com/simkld/simkld/internal/fault"
)

// Op compares a column with what a filter wants.
type Op string

// The operators, as they are written in a filter (product.md 2).
const (
	Equals      Op = "equals"
	NotEquals   Op = "not equals"
	Contains    Op = "contains"
	NotContains Op = "not contains"
	StartsWith  Op = "starts with"
	EndsWith    Op = "ends with"
	In          Op = "in"
	NotIn       Op = "not in"
)

// Ops are all operators, in the order in which they are told.
func Ops() []Op {
	return []Op{Equals, NotEquals, Contains, NotContains, StartsWith, EndsWith, In, NotIn}
}

// Filter is one condition. Upper and lower case are the same to it.
type Filter struct {
	Field string
	Op    Op
	// Values are what the column is compared with: one, or those of a list for In and NotIn.
	Values []string

	text func(Row) string
}

// filterMost bounds what is read as a filter.
const filterMost = 4 << 10

// ParseFilter reads "FIELD OPERATOR VALUE", such as "status contains 4" or "method in GET,DELETE". A value may be quoted,
// which an empty one must be. The error is a fault of usage that names what there is.
func ParseFilter(text string) (Filter, error) {
	if len(text) > filterMost {
		return Filter{}, fault.New(fault.Usage, "--where is too long", "shorten it")
	}
	f, rest, ok := cutField(text)
	if !ok {
		return Filter{}, fault.Usagef("begin with "+orList(Fields()), "--where %q names no column", text)
	}
	op, rest, ok := cutOp(rest)
	if !ok {
		return Filter{}, fault.Usagef("after "+f.name+" comes "+orList(Ops()), "--where %q has no operator", text)
	}
	value := strings.TrimSpace(rest)
	if value == "" {
		return Filter{}, fault.Usagef(`write it like '`+f.name+` `+string(op)+` x', or "" for nothing`, "--where %q has no value", text)
	}
	out := Filter{Field: f.name, Op: op, Values: []string{unquote(value)}, text: f.text}
	if op == In || op == NotIn {
		out.Values = strings.Split(unquote(value), ",")
		for i, v := range out.Values {
			out.Values[i] = unquote(strings.TrimSpace(v))
		}
	}
	return out, nil
}

// cutField takes the name of a column off the beginning.
func cutField(text string) (field, string, bool) {
	for _, f := range fields {
		for _, name := range append(slices.Clone(f.others), f.name) {
			if rest, ok := cutWords(text, name); ok {
				return f, rest, true
			}
		}
	}
	return field{}, "", false
}

func cutOp(text string) (Op, string, bool) {
	for _, op := range Ops() {
		if rest, ok := cutWords(text, string(op)); ok {
			return op, rest, true
		}
	}
	return "", "", false
}

// cutWords takes whole words off the beginning, in any case and with any blanks between them.
func cutWords(text, words string) (rest string, ok bool) {
	rest = text
	for word := range strings.FieldsSeq(words) {
		rest = strings.TrimLeft(rest, " ")
		if len(rest) < len(word) || !strings.EqualFold(rest[:len(word)], word) {
			return text, false
		}
		rest = rest[len(word):]
		if rest != "" && rest[0] != ' ' {
			return text, false
		}
	}
	return rest, true
}

// unquote takes the quotes off a value that has them at both ends.
func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// orList is "a, b or c" of at least two words.
func orList[T ~string](words []T) string {
	var b strings.Builder
	for i, w := range words {
		switch {
		case i > 0 && i == len(words)-1:
			b.WriteString(" or ")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(string(w))
	}
	return b.String()
}

// Match reports whether the row fulfils the condition.
func (f Filter) Match(r Row) bool {
	have := strings.ToLower(f.text(r))
	some := func(is func(have, want string) bool) bool {
		return slices.ContainsFunc(f.Values, func(v string) bool { return is(have, strings.ToLower(v)) })
	}
	equal := func(have, want string) bool { return have == want }
	switch f.Op {
	case Equals, In:
		return some(equal)
	case NotEquals, NotIn:
		return !some(equal)
	case Contains:
		return some(strings.Contains)
	case NotContains:
		return !some(strings.Contains)
	case StartsWith:
		return some(strings.HasPrefix)
	case EndsWith:
		return some(strings.HasSuffix)
	}
	return false
}

// Keep gives the rows that fulfil all filters, in their order.
func Keep(rows []Row, filters []Filter) []Row {
	out := make([]Row, 0, len(rows))
	for _, r := range rows {
		if !slices.ContainsFunc(filters, func(f Filter) bool { return !f.Match(r) }) {
			out = append(out, r)
		}
	}
	return out
}
