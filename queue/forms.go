package queue

import "github.com/simkld/simkld/internal/media"

// Form is one way to tell Simkl which title is meant.
type Form struct {
	// Container is the key under which the title is sent.
	Container media.AnswerKind
	// ByID sends the ids; otherwise title and year.
	ByID bool
	// WithCountry sends the country behind the title ("The Office UK"), which tells namesakes apart where Simkl has
	// that name.
	WithCountry bool
}

// Forms are the ways to name a title, in the order of product.md 5 (Trust): ids, title and year (first with the country,
// where the name has one), then the same in the other container. Each is tried once. Empty when the match has neither ids nor a title.
func Forms(m media.Match) []Form {
	var forms []Form
	for i, c := range containers(m) {
		if !m.IDs.IsZero() {
			forms = append(forms, Form{Container: c, ByID: true})
		}
		if i == 0 && m.Title != "" && m.Country != "" {
			forms = append(forms, Form{Container: c, WithCountry: true})
		}
		if m.Title != "" {
			forms = append(forms, Form{Container: c})
		}
	}
	return forms
}

// containers: a film has one; a series may be known to Simkl as a show or as an anime.
func containers(m media.Match) []media.AnswerKind {
	switch {
	case m.Kind == media.KindMovie:
		return []media.AnswerKind{media.AnswerMovie}
	case m.Anime, len(m.Absolute) > 0 && len(m.Episodes) == 0:
		return []media.AnswerKind{media.AnswerAnime, media.AnswerShow}
	default:
		return []media.AnswerKind{media.AnswerShow, media.AnswerAnime}
	}
}
