// Package sandbox is a Simkl-compatible server for tests, the demo and `simkld sandbox`.
//
// It owns a catalog of titles, users with their libraries and tokens, and the rules of the service: what a scrobble
// does, when a watch is recorded, which calls are refused and how. It promises to be as strict as the written reference
// of the service (section numbers in the comments are those of that reference), to compute everything from the clock it
// was given at the moment of a request, and to start no goroutine and no timer of its own beyond the waits a caller asked
// for, so that it runs inside testing/synctest.
//
// It must not know the client: its wire types are its own, so that a mistake of one side shows in the other.
package sandbox
