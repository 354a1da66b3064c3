// Package archtest holds the tests of the rules by which the code is laid out: which package may import which, that each
// says what it owns, and what the linked binary must not contain (docs/architecture.md).
//
// It has no code of its own.
package archtest
