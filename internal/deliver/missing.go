package deliver

import (
	"context"
	"fmt"
	"time"

	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/queue"
)

// How long it is remembered that Simkl knows no such title: a day, and a week where it still did not know it then. Never
// for ever: titles are added every day.
const (
	firstMiss  = 24 * time.Hour
	laterMiss  = 7 * 24 * time.Hour
	missMemory = 30 * 24 * time.Hour
)

// Inquiry is what Simkl is asked for: a title in one form of its identity, or, with number, one episode of it.
type Inquiry struct{ title, number string }

// inquiryOf is the Inquiry that a row makes now.
func inquiryOf(row queue.Row) Inquiry {
	how := row.How()
	name := media.FoldKey(row.Match.Title)
	if how.WithCountry {
		name += "+" + row.Match.Country
	}
	q := Inquiry{title: fmt.Sprintf("%s/%s/%d", how.Container, name, row.Match.Year)}
	if how.ByID {
		q.title = fmt.Sprintf("%s/%v", how.Container, row.Match.IDs)
	}
	if season, number, ok := numbers(row.Match); ok && row.Match.Kind == media.KindEpisode {
		if season == nil {
			q.number = fmt.Sprintf("e%d", number)
		} else {
			q.number = fmt.Sprintf("s%de%d", *season, number)
		}
	}
	return q
}

// lateInquiryOf is the Inquiry that Confirm makes: for a title by its name, whatever the episode.
func lateInquiryOf(row queue.Row) Inquiry {
	return Inquiry{title: fmt.Sprintf("name/%s/%s/%d", row.Match.Kind, media.FoldKey(row.Match.Title), row.Match.Year)}
}

// tellsTitle reports whether "no match" means that the title is not known. Simkl says the same of an episode that a known
// title does not have; but every series has its first.
func (q Inquiry) tellsTitle() bool { return q.number == "" || q.number == "s1e1" || q.number == "e1" }

func (q Inquiry) titleKey() string { return queue.MissingKeys + "title/" + q.title }
func (q Inquiry) episodeKey() string {
	return queue.MissingKeys + "episode/" + q.title + "/" + q.number
}

// knownKey is there once Simkl's answer for the title was trusted.
func (q Inquiry) knownKey() string { return queue.MissingKeys + "known/" + q.title }

// strikeKey holds the number of an episode that was not known.
func (q Inquiry) strikeKey() string { return queue.MissingKeys + "strike/" + q.title }

func (q Inquiry) beforeKey() string { return queue.MissingKeys + "before/" + q.title }

// Missing reports whether Simkl said not long ago that it does not know this. A cache that cannot be read costs one
// more question, no more.
func (p *Pages) Missing(ctx context.Context, q Inquiry) bool {
	return p.has(ctx, q.titleKey()) || q.number != "" && p.has(ctx, q.episodeKey())
}

func (p *Pages) has(ctx context.Context, key string) bool {
	_, ok, err := p.cache.Cached(ctx, key)
	return err == nil && ok
}

// NoteMissing remembers that Simkl does not know this: the title, where that is certain or where another episode of it was
// not known either, else this episode alone.
func (p *Pages) NoteMissing(ctx context.Context, q Inquiry) {
	strike, struck, err := p.cache.Cached(ctx, q.strikeKey())
	struck = err == nil && struck && len(strike) > 0 && string(strike) != q.number
	key := q.episodeKey()
	if (q.tellsTitle() || struck) && !p.has(ctx, q.knownKey()) {
		key = q.titleKey()
	}
	keep := firstMiss
	if p.has(ctx, q.beforeKey()) {
		keep = laterMiss
	}
	p.keep(ctx, key, nil, keep)
	p.keep(ctx, q.beforeKey(), nil, missMemory)
	if key != q.titleKey() {
		p.keep(ctx, q.strikeKey(), []byte(q.number), laterMiss)
	}
}

// NoteKnown remembers that Simkl knows the title, so that what it does not know of it are single episodes.
func (p *Pages) NoteKnown(ctx context.Context, q Inquiry) {
	if !p.has(ctx, q.knownKey()) {
		p.keep(ctx, q.knownKey(), nil, missMemory)
	}
}

// keep writes to the cache; what cannot be kept is asked again.
func (p *Pages) keep(ctx context.Context, key string, value []byte, d time.Duration) {
	_ = p.cache.Cache(ctx, key, value, d)
}
