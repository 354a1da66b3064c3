//go:build race

package matcher_test

// raceCost is how much slower the race detector makes the matcher, at worst.
const raceCost = 20
