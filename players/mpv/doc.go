// Package mpv watches mpv players through their JSON IPC sockets (named pipes on Windows): it finds the sockets,
// stays connected and reports every playback as players.Event.
//
// It promises to read whatever a player sends, at once and always (a client that stops reading hangs mpv,
// players.md 0, fact 2), to send nothing but get_property, observe_property and the show-text of Show, to wake up for
// nothing while nothing plays, and never to delete a socket. It must not know what an event is for: no session, title or network.
//
//	socket ─▶ lines ─▶ tracker ─▶ players.Sink
//	   ▲                  │
//	   └──── requests ────┘        one goroutine per connection owns all of it
package mpv
