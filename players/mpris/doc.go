// Package mpris watches every player that speaks MPRIS on the session bus: VLC, mpv with its plugin, Celluloid,
// SMPlayer, browsers and all the others.
//
// It owns the connection to the bus and one goroutine per player, and promises that it wakes up only when a player of
// this kind says something, or every 25 s while one plays; that a player which hangs, lies or floods holds up no other;
// and that it only asks and listens: it starts no bus, no player and no service. What a player claims is untrusted, so
// it is bounded and its position is believed only when it moves. It must not know what becomes of an event.
//
// Sources: players.md 4 and 7 (what was seen), edge-cases.md 4.1 (the traps, M1 to M25).
package mpris
