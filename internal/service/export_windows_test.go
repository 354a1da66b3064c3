package service

import (
	"context"

	"github.com/kardianos/service"
	"golang.org/x/sys/windows/svc"
)

// NewHandler is what Windows speaks to while start runs.
func NewHandler(ctx context.Context, start func(context.Context) error) (svc.Handler, error) {
	p := newProgram(ctx, start)
	s, err := service.New(p, &service.Config{Name: "simkld"})
	if err != nil {
		return nil, err
	}
	return handlerOf(s, p)
}
