//go:build race

package sim_test

// raced: the race detector makes an evening cost eight times as much.
const raced = true
