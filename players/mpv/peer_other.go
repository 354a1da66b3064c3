//go:build unix && !linux && !darwin

package mpv

// peerOf knows nobody here; the mode of the socket (0600) decides who may connect.
func peerOf(conn) (peer, error) { return peer{}, nil }

// folderOf is unknown: working-directory is used.
func folderOf(int) string { return "" }
