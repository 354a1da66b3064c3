package cli

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/simkld/simkld/internal/about"
	"github.com/simkld/simkld/internal/app"
	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/library"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/internal/query"
	"github.com/simkld/simkld/internal/simkl"
	"github.com/simkld/simkld/internal/simkl/limits"
	"github.com/simkld/simkld/internal/term"
)

// queryHelp says in the help of a command how a title is named.
const queryHelp = `QUERY is a title, with its year in brackets or the episode behind it: "Severance S02E03",
"Inception (2010)"; an id: simkl:1109411, imdb:tt1375666, also tmdb, tvdb, mal, anidb,
anilist, kitsu; or the page's address on simkl.com. Of an anime S02E03 is TVDB's number,
E05 the title's own. A name that fits several titles lists them and ends with code 6.`

// ownAccount is a client for what the user typed, in the name of the account that is linked, and the context for its
// calls. Without an account it is exit 3, before anything is asked.
func (e *Env) ownAccount(ctx context.Context) (app.Linked, context.Context, error) {
	loaded, err := e.load()
	if err != nil {
		return app.Linked{}, ctx, err
	}
	linked, err := e.connect(ctx, loaded.Config.Simkl)
	switch {
	case err != nil:
		return linked, ctx, err
	case linked.Token.IsZero():
		return linked, ctx, fault.New(fault.Account, "no account is linked", "run '"+about.Name+" login'")
	case app.ClientID(loaded.Config.Simkl) == "":
		return linked, ctx, fault.New(fault.Usage, "there is no client_id", "run '"+about.Name+" login'")
	}
	return linked, simkl.WithPriority(ctx, limits.Typed), nil
}

// ownLibrary is ownAccount with the account's library.
func (e *Env) ownLibrary(ctx context.Context) (*library.Library, app.Linked, context.Context, error) {
	linked, ctx, err := e.ownAccount(ctx)
	if err != nil {
		return nil, linked, ctx, err
	}
	s, err := e.state(ctx)
	if err != nil {
		return nil, linked, ctx, err
	}
	return library.New(linked.Client, s, app.AccountKey(linked.Token)), linked, ctx, nil
}

// parseQuery reads the words of a QUERY, quoted as one or not.
func parseQuery(args []string) (query.Query, error) { return query.Parse(strings.Join(args, " ")) }

// findTitle finds the title that q names. Where it fits several they are shown on standard error.
func (e *Env) findTitle(ctx context.Context, from query.Catalog, q query.Query, want query.Wanted) (simkl.Hit, error) {
	hit, err := query.Find(ctx, from, q, want)
	unclear, ok := errors.AsType[*query.AmbiguousError](err)
	if !ok {
		return hit, err
	}
	text := strconv.Quote(term.Foreign(q.Text))
	if len(unclear.Fits) == 0 {
		return hit, fault.Wrap(fault.NotFound, err, "Simkl knows no title "+text, "check its name, or name it by an id")
	}
	if err := e.showHits(unclear.Fits); err != nil {
		return hit, err
	}
	if unclear.None {
		return hit, fault.Wrap(fault.NotFound, err, "Simkl knows no title that is called "+text, "name one by the addresses above")
	}
	return hit, fault.Wrap(fault.NotFound, err, text+" fits "+term.Count(len(unclear.Fits), "title", "titles"), "name one by the addresses above")
}

// mostHits bounds the titles that are shown to choose from.
const mostHits = 10

func (e *Env) showHits(hits []simkl.Hit) error {
	columns := []term.Column{columnWhat, {Head: "KIND", Drop: 1}, columnPage}
	var cells [][]term.Cell
	for _, h := range hits[:min(len(hits), mostHits)] {
		a := answerOfTitle(h)
		cells = append(cells, []term.Cell{text(answerTitle(a)), text(kindWords(a)), pageCell(&a)})
	}
	return e.errOut().Table(columns, cells)
}

// answerOfTitle is a title that was found, as the journal keeps it.
func answerOfTitle(h simkl.Hit) media.Answer {
	return media.Answer{
		Kind: h.Kind, Title: media.Sanitize(h.Title), Year: h.Year, IDs: h.IDs, Slug: h.Slug, AnimeType: media.Sanitize(h.AnimeType),
	}
}

// kindWords is what a title is: "film", "series", "anime", "anime film".
func kindWords(a media.Answer) string {
	switch {
	case a.Kind == media.AnswerMovie:
		return "film"
	case a.Kind == media.AnswerShow:
		return "series"
	case a.AnimeType == "movie":
		return "anime film"
	case a.AnimeType != "" && a.AnimeType != "tv":
		return "anime, " + a.AnimeType
	}
	return "anime"
}

// titleLabel is how people read a title with the episodes that q names: "Severance S02E03", "Heat (1995)".
func titleLabel(h simkl.Hit, q query.Query) string {
	if spec := q.Spec(); spec != "" {
		return term.Foreign(h.Title) + " " + spec
	}
	return answerTitle(answerOfTitle(h))
}

// unknownTitle is a write of something that Simkl does not have.
func unknownTitle(h simkl.Hit, spec string, err error) error {
	what := "Simkl does not take " + term.Foreign(h.Title)
	if spec != "" {
		what = fmt.Sprintf("Simkl has no %s of %s", spec, term.Foreign(h.Title))
	}
	return fault.Wrap(fault.NotFound, err, what+", nothing was changed", "see https://"+answerOfTitle(h).Page())
}
