// Package crash proves that no instant is a bad one to be killed at: its test starts the daemon as a process of its
// own, with a real mpv and a strict Simkl, kills it at named points and at random ones, and starts it again.
//
// It owns no code of the program and must not need any: the points are found from outside, at SQLite's commits and at
// the wire, so that what is killed is what is shipped.
package crash
