package paths

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// PrivateDir makes dir with its parents, closed to others (0700). It refuses a folder or a link that belongs to somebody
// else, as one below /tmp could.
func PrivateDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make folder %s: %w", dir, err)
	}
	if err := checkPrivate(dir); err != nil {
		return fmt.Errorf("use folder %s: %w", dir, err)
	}
	return nil
}

// WriteFile writes a file whole: after a crash at any moment there is the old one or the new one. A link is kept and
// its target written. The folder must exist.
func WriteFile(file string, data []byte, perm fs.FileMode) error {
	if target, err := filepath.EvalSymlinks(file); err == nil {
		file = target
	}
	dir := filepath.Dir(file)
	tmp, err := os.CreateTemp(dir, "."+filepath.Base(file)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	if err := finish(tmp, data, perm); err != nil {
		return fmt.Errorf("write %s: %w", file, errors.Join(err, os.Remove(tmp.Name())))
	}
	if err := os.Rename(tmp.Name(), file); err != nil {
		return fmt.Errorf("write %s: %w", file, errors.Join(err, os.Remove(tmp.Name())))
	}
	if err := syncDir(dir); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return nil
}

func finish(tmp *os.File, data []byte, perm fs.FileMode) error {
	_, err := tmp.Write(data)
	if err == nil {
		err = tmp.Chmod(perm)
	}
	if err == nil {
		err = tmp.Sync()
	}
	return errors.Join(err, tmp.Close())
}

// Aside renames a file that cannot be read to FILE.damaged-TIME and gives its new name, so that nothing is silently
// thrown away.
func Aside(file string, now time.Time) (string, error) {
	base := file + ".damaged-" + now.UTC().Format("20060102T150405")
	name := base
	for i := 2; !missing(name); i++ {
		name = fmt.Sprintf("%s-%d", base, i)
	}
	if err := os.Rename(file, name); err != nil {
		return "", fmt.Errorf("move %s aside: %w", file, err)
	}
	return name, nil
}
