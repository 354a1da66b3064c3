// Package playerstest is what the tests of every player share: a conformance suite that each source must pass
// (Conformance), the real mpv (RealMPV), an mpv that does what a test says (FakeMPV), a recorder of events
// (Recorder), and media made on the spot (Clip).
//
// It promises to wait for signals with a deadline and never by sleeping and hoping, and to stop what it starts by its
// process id. It must not know any source: a source knows it.
package playerstest
