// Package vlc watches VLC players through their HTTP interface: it finds the interfaces that vlcrc describes, asks
// each for its state as rarely as that is useful, and reports every playback as players.Event.
//
// It promises to only ask (never a request with a command), over one connection and one request at a time, to believe
// nothing that is not VLC's answer, to bound whatever comes, and to say once what is wrong with an interface. It must
// not know what an event is for: no session, title or scrobbling.
//
//	Source ─ one watcher per interface: client ─▶ status ─▶ tracker ─▶ players.Sink
//	                                                 └─ playlist.json, once per item, for the path
//
// VLC tells no edges: a pause, a seek and an end are all differences between two answers. tracker is where they are
// told apart; it does no I/O and takes the time from outside.
package vlc
