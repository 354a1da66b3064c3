//go:build !windows

package service

import "github.com/kardianos/service"

func runUnder(s service.Service, _ *program, _ bool) error { return s.Run() } //nolint:wrapcheck // it is start's own
