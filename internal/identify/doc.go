// Package identify says who an item is: rules that a person taught, then the matcher with what lies around the file,
// and whether its title may go to Simkl unasked (product.md 5, Privacy).
//
// It promises to read names only, in bounded time, and never to ask the network. It must not know sessions or how
// anything is told to Simkl.
package identify
