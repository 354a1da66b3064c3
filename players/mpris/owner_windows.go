package mpris

// ownerOf is unknown: files have no user numbers here.
func ownerOf(string) (uid int, known bool) { return 0, false }
