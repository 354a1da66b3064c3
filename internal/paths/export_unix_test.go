//go:build unix

package paths

// MaxSocketPath is the limit that socket places keep.
var MaxSocketPath = maxSocketPath
