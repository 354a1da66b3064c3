//go:build unix

package doctor

import (
	"io/fs"
	"os"
)

func openToOthers(info fs.FileInfo) bool {
	return info.Mode()&fs.ModeSymlink == 0 && info.Mode().Perm()&0o077 != 0
}

func closeToOthers(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	return os.Chmod(path, info.Mode().Perm()&0o700)
}
