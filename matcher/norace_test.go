//go:build !race

package matcher_test

const raceCost = 1
