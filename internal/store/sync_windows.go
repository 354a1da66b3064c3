package store

// syncDir: NTFS writes names with its own journal; folders cannot be synced.
func syncDir(string) error { return nil }
