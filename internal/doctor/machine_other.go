//go:build !linux

package doctor

import (
	"errors"
	"syscall"
)

func isFull(err error) bool     { return errors.Is(err, syscall.ENOSPC) }
func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

func networkFS(string) string { return "" }

// Players cannot be listed here.
func Players() []Process { return nil }

// Container cannot be told here.
func Container() string { return "" }

// Environ cannot be read here.
func Environ(int) []string { return nil }
