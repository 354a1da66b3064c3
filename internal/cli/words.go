package cli

import "fmt"

// plural is "1 watch" or "3 watches".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
