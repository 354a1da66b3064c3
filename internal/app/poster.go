package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/simkld/simkld/internal/media"
)

const (
	// postersMost is how many posters are kept in memory: what plays now, and a few before.
	postersMost = 8
	keepPoster  = 30 * 24 * time.Hour
)

// posters are pictures by the fragment of their address. They are kept as long as the daemon runs.
type posters struct {
	mu   sync.Mutex // guards kept
	kept []poster
}

type poster struct {
	of          string
	picture     []byte
	contentType string
}

func (p *posters) find(of string) (poster, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range p.kept {
		if k.of == of {
			return k, true
		}
	}
	return poster{}, false
}

func (p *posters) keep(k poster) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept = append(p.kept, k)
	if len(p.kept) > postersMost {
		p.kept = p.kept[1:]
	}
}

var errNoPoster = errors.New("there is no poster")

// poster gives the poster of a session whose title Simkl knows.
func (d *Daemon) poster(ctx context.Context, session string) (picture []byte, contentType string, err error) {
	var answer *media.Answer
	for _, v := range d.runner.Snapshot().Sessions {
		if strconv.FormatInt(int64(v.Watch), 10) == session {
			answer = v.Answer
		}
	}
	if answer == nil || answer.IDs.Simkl == 0 || d.config().Simkl.ImageURL == "" {
		return nil, "", errNoPoster
	}
	of, err := d.posterOf(ctx, *answer)
	if err != nil || of == "" {
		return nil, "", errors.Join(errNoPoster, err)
	}
	if k, ok := d.pictures.find(of); ok {
		return k.picture, k.contentType, nil
	}
	k := poster{of: of}
	if k.picture, k.contentType, err = d.link.client().Poster(ctx, of); err != nil {
		return nil, "", err
	}
	d.pictures.keep(k)
	return k.picture, k.contentType, nil
}

// posterOf is where the poster of a title is, by its detail page, which Simkl does not count; "" for none.
func (d *Daemon) posterOf(ctx context.Context, a media.Answer) (string, error) {
	key := fmt.Sprintf("poster/%s/%d", a.Kind, a.IDs.Simkl)
	if kept, ok, err := d.store.Cached(ctx, key); err == nil && ok {
		return string(kept), nil
	}
	detail, err := d.link.client().Detail(ctx, a.Kind, a.IDs.Simkl)
	if err != nil {
		return "", err
	}
	if err := d.store.Cache(ctx, key, []byte(detail.Poster), keepPoster); err != nil && ctx.Err() != nil {
		return "", ctx.Err()
	}
	return detail.Poster, nil
}
