package setup

// likeBeside does nothing: a new file has the access list of its folder.
func likeBeside(string) error { return nil }

// ownerOf does nothing: access is decided by the folder.
func ownerOf(string) func(string) error { return func(string) error { return nil } }
