package config

import "strings"

// meant is "did you mean X" for the word of known that is nearest to what was typed, else otherwise.
func meant(typed string, known []string, otherwise string) string {
	best, bestScore := "", 1<<30
	for _, k := range known {
		score := distance(strings.ToLower(typed), strings.ToLower(k))
		// The beginning of a key, or a key with something added, is meant whatever its length.
		if len(typed) >= 3 && (strings.HasPrefix(k, typed) || strings.HasPrefix(typed, k)) {
			score = min(score, 1)
		}
		if score < bestScore {
			best, bestScore = k, score
		}
	}
	if best == "" || bestScore > max(2, len(best)/3) {
		return otherwise
	}
	return "did you mean " + best
}

// distance is Levenshtein's, in bytes; keys are ASCII. It gives up on what no key could be.
func distance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j]+1, row[j+1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// oneOf is "a", "b" or "c".
func oneOf(words []string) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = quote(w)
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " or " + quoted[last]
}
