package deliver

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
)

// Catalog is where Simkl says what else a title is called.
type Catalog interface {
	Detail(ctx context.Context, kind media.AnswerKind, id media.SimklID) (simkl.Detail, error)
	Search(ctx context.Context, kind media.AnswerKind, name string) ([]simkl.Hit, error)
}

// Cache keeps answers of Simkl for a while.
type Cache interface {
	Cached(ctx context.Context, key string) (value []byte, ok bool, err error)
	Cache(ctx context.Context, key string, value []byte, keep time.Duration) error
}

// Pages finds other names and ids of titles, each asked of Simkl once and then kept.
type Pages struct {
	catalog func() Catalog
	cache   Cache
}

var _ Names = (*Pages)(nil)

// NewPages gives a finder that keeps what it found in cache.
func NewPages(catalog func() Catalog, cache Cache) *Pages {
	return &Pages{catalog: catalog, cache: cache}
}

const (
	keepNames   = 30 * 24 * time.Hour
	keepNothing = 24 * time.Hour
)

// page is what is kept of a title.
type page struct {
	Names []string  `json:"names"`
	IDs   media.IDs `json:"ids"`
}

// Names are the other names of a title: from its detail page, which Simkl does not count, or for a show, whose page has
// none, from one search for it (product.md 5, Trust).
func (p *Pages) Names(ctx context.Context, a media.Answer) ([]string, error) {
	got, err := p.page(ctx, a)
	return got.Names, err
}

// IDs are all ids that Simkl has of a title.
func (p *Pages) IDs(ctx context.Context, a media.Answer) (media.IDs, error) {
	got, err := p.page(ctx, a)
	return got.IDs, err
}

// Country is where a title was made, by its detail page, which Simkl does not count.
func (p *Pages) Country(ctx context.Context, a media.Answer) (string, error) {
	if a.IDs.Simkl == 0 {
		return "", nil
	}
	key := fmt.Sprintf("country/%s/%d", a.Kind, a.IDs.Simkl)
	if kept, ok, err := p.cache.Cached(ctx, key); err == nil && ok {
		return string(kept), nil
	}
	detail, err := p.catalog().Detail(ctx, a.Kind, a.IDs.Simkl)
	if err != nil && simkl.ClassOf(err) != simkl.Gone {
		return "", err
	}
	country := strings.ToUpper(detail.Country)
	if err := p.cache.Cache(ctx, key, []byte(country), keepNames); err != nil && ctx.Err() != nil {
		return "", ctx.Err()
	}
	return country, nil
}

func (p *Pages) page(ctx context.Context, a media.Answer) (page, error) {
	if a.IDs.Simkl == 0 {
		return page{IDs: a.IDs}, nil
	}
	key := fmt.Sprintf("names/%s/%d", a.Kind, a.IDs.Simkl)
	var got page
	// A cache that cannot be read costs one look at Simkl, no more.
	if kept, ok, err := p.cache.Cached(ctx, key); err == nil && ok && json.Unmarshal(kept, &got) == nil {
		return got, nil
	}
	got, err := p.look(ctx, a)
	if err != nil {
		return page{}, err
	}
	keep := keepNames
	if len(got.Names) == 0 {
		keep = keepNothing
	}
	if text, err := json.Marshal(got); err == nil {
		if err := p.cache.Cache(ctx, key, text, keep); err != nil && ctx.Err() != nil {
			return page{}, ctx.Err()
		}
	}
	return got, nil
}

func (p *Pages) look(ctx context.Context, a media.Answer) (page, error) {
	got := page{IDs: a.IDs}
	if a.Kind == media.AnswerShow {
		// It decides about a watch that is to be kept, so it may use what the day has left.
		hits, err := p.catalog().Search(simkl.WithPriority(ctx, limits.Finished), media.AnswerShow, a.Title)
		if err != nil {
			return page{}, err
		}
		for _, hit := range hits {
			if hit.IDs.Simkl == a.IDs.Simkl {
				got.Names = hit.AltTitles
			}
		}
		return got, nil
	}
	detail, err := p.catalog().Detail(ctx, a.Kind, a.IDs.Simkl)
	if simkl.ClassOf(err) == simkl.Gone {
		return got, nil
	}
	if err != nil {
		return page{}, err
	}
	return page{Names: detail.AltTitles, IDs: detail.IDs}, nil
}
