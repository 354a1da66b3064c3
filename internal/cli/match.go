package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/identify"
	"github.com/simkld/simkld/internal/media"
	"github.com/simkld/simkld/matcher"
)

func newMatch(env *Env) *cobra.Command {
	var jsonl, online bool
	cmd := &cobra.Command{
		Use: "match PATH...", Short: "how files or addresses are understood", GroupID: groupTry,
		Long: `Nothing is opened but folders, and nothing goes to the network. A folder is walked.
With --jsonl, lines of {"id", "path"} on standard input are answered one by one.
With --online, Simkl is asked too, by the names of the files without their folders.`,
		Example: `  simkld match "Severance S02E03.mkv"
  simkld match ~/Videos/TV
  simkld match --json *.mkv | jq -r '.[] | select(.kind == "none") | .path'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case jsonl && online:
				return fault.New(fault.Usage, "--jsonl asks nobody", "leave --online out")
			case jsonl && len(args) > 0:
				return fault.New(fault.Usage, "--jsonl reads paths from standard input", "name no paths with it")
			case jsonl:
				return matcher.ServeJSONL(env.In, env.Out)
			case len(args) == 0:
				return fault.New(fault.Usage, "match needs a path", "write it like '"+usageLine(cmd)+"'")
			}
			if online {
				return matchOnline(cmd.Context(), env, args)
			}
			return match(cmd.Context(), env, args)
		},
	}
	cmd.Flags().BoolVar(&jsonl, "jsonl", false, "answer lines of JSON from standard input, one each")
	cmd.Flags().BoolVar(&online, "online", false, "ask Simkl too, for at most 5 files and no folder")
	return cmd
}

func match(ctx context.Context, env *Env, args []string) error {
	id, err := env.identifier(ctx)
	if err != nil {
		return err
	}
	var found []matched
	for _, arg := range args {
		files, err := walk(arg)
		if err != nil {
			return err
		}
		for _, file := range files {
			m := understand(ctx, id, file)
			if env.flags.json {
				found = append(found, matchedOf(file, m))
				continue
			}
			if err := printMatch(env, file, m, len(args) == 1 && len(files) == 1); err != nil {
				return err
			}
		}
		if len(files) == 0 {
			fmt.Fprintf(env.Err, "Nothing that plays is in %s.\n", media.Sanitize(arg))
		}
	}
	if env.flags.json {
		return env.print(append([]matched{}, found...))
	}
	return nil
}

// understand says what a file is: with what lies around it where it is there, else by its name alone.
func understand(ctx context.Context, id *identify.Identifier, path string) media.Match {
	if media.SchemeOf(path) == "" {
		if full, err := filepath.Abs(path); err == nil {
			if _, err := os.Lstat(full); err == nil {
				m, _, note := id.Identify(ctx, media.Item{Path: full})
				return withRule(m, note)
			}
		}
	}
	m, _, note := id.Read(placed(path))
	return withRule(m, note)
}

// placed is a path with its folders where those are there, so that rules of a folder cover a file that is not; a bare
// name stays one.
func placed(path string) string {
	if media.SchemeOf(path) != "" || filepath.Base(path) == path {
		return path
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	if _, err := os.Stat(filepath.Dir(full)); err != nil {
		return path
	}
	return full
}

// withRule adds which rule decided, where one did.
func withRule(m media.Match, note string) media.Match {
	if m.Source == "rule" && note != "" && !slices.Contains(m.Because, note) {
		m.Because = append(m.Because, note)
	}
	return m
}

// walk gives the files that a path stands for: itself, or the videos below a folder.
func walk(arg string) ([]string, error) {
	info, err := os.Stat(arg)
	if err != nil || !info.IsDir() {
		return []string{arg}, nil //nolint:nilerr // a name need not exist: it is understood by itself
	}
	root := arg
	if link, err := os.Lstat(arg); err == nil && link.Mode()&fs.ModeSymlink != 0 {
		root += string(filepath.Separator) // a walk does not follow links, not even its first
	}
	var files []string
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil && path == root:
			return fault.Wrap(fault.Failed, err, arg+" cannot be read", "check its rights")
		case err != nil:
			return nil //nolint:nilerr // a folder that may not be read hides nothing but itself
		case strings.HasPrefix(d.Name(), ".") && path != root && d.IsDir():
			return fs.SkipDir
		case d.Type().IsRegular() && isVideo(d.Name()):
			files = append(files, path)
		}
		return nil
	})
	return files, err
}

// isVideo knows the endings of files that players open, so that a walk does not list covers and subtitles.
func isVideo(name string) bool {
	switch strings.ToLower(strings.TrimPrefix(filepath.Ext(name), ".")) {
	case "mkv", "mp4", "m4v", "avi", "mov", "webm", "ts", "m2ts", "mts", "mpg", "mpeg", "wmv", "flv", "ogm", "ogv", "divx",
		"vob", "iso", "3gp", "rmvb", "rm", "asf", "mk3d":
		return true
	}
	return false
}

// matched is one object of `match --json`: the corpus contract with confidence and because.
type matched struct {
	ID         string         `json:"id"`
	Path       string         `json:"path"`
	Kind       media.Kind     `json:"kind"`
	Title      string         `json:"title"`
	Year       *int           `json:"year"`
	Season     *int           `json:"season"`
	Episodes   []media.Number `json:"episodes"`
	Absolute   []media.Number `json:"absolute"`
	Date       *string        `json:"date"`
	IDs        media.IDs      `json:"ids"`
	Country    string         `json:"country,omitempty"`
	Part       int            `json:"part,omitempty"`
	Edition    string         `json:"edition,omitempty"`
	Confidence float64        `json:"confidence"`
	Source     string         `json:"source,omitempty"`
	Refused    media.Reason   `json:"refused,omitempty"`
	Because    []string       `json:"because"`
	// Simkl is there with --online only: null where Simkl does not know the file.
	Simkl *onlineJSON `json:"simkl,omitempty"`
}

// onlineJSON is Simkl's answer, or null.
type onlineJSON struct{ *answerJSON }

// MarshalJSON writes null for no answer.
func (o onlineJSON) MarshalJSON() ([]byte, error) { return json.Marshal(o.answerJSON) }

func matchedOf(path string, m media.Match) matched {
	m = cleanMatch(m)
	path = media.Sanitize(path)
	out := matched{
		ID: path, Path: path, Kind: m.Kind, Title: m.Title, Season: m.Season,
		Episodes: append([]media.Number{}, m.Episodes...), Absolute: append([]media.Number{}, m.Absolute...),
		IDs: m.IDs, Country: m.Country, Part: m.Part, Edition: m.Edition, Confidence: m.Confidence,
		Source: m.Source, Refused: m.Refused, Because: append([]string{}, m.Because...),
	}
	if m.Year != 0 {
		out.Year = &m.Year
	}
	if m.Date != "" {
		out.Date = &m.Date
	}
	return out
}

// printMatch writes "episode 5 (absolute) of 葬送のフリーレン  0.93: group tag, folder Anime" (screens.md 4), with
// the name of the file before it where several are shown.
func printMatch(env *Env, path string, m media.Match, alone bool) error {
	m = cleanMatch(m)
	text := describeMatch(m)
	if m.Kind != media.KindNone {
		text += fmt.Sprintf("  %.2f", m.Confidence)
	}
	if len(m.Because) > 0 {
		text += ": " + strings.Join(m.Because, ", ")
	}
	if !alone {
		text = media.Sanitize(path) + "\n    " + text
	}
	_, err := fmt.Fprintln(env.Out, text)
	return err
}

// describeMatch says in words what a file is taken to be.
func describeMatch(m media.Match) string {
	title := m.Title
	if title == "" && !m.IDs.IsZero() {
		title = idWords(m.IDs)
	}
	if m.Year > 0 {
		title += fmt.Sprintf(" (%d)", m.Year)
	}
	switch m.Kind {
	case media.KindMovie:
		text := "film " + title
		if m.Part > 0 {
			text += fmt.Sprintf(", part %d", m.Part)
		}
		return text
	case media.KindEpisode:
		switch {
		case m.Season != nil && len(m.Episodes) > 0:
			return fmt.Sprintf("season %d episode %s of %s", *m.Season, numberWords(m.Episodes), title)
		case len(m.Episodes) > 0:
			return fmt.Sprintf("episode %s of %s", numberWords(m.Episodes), title)
		case len(m.Absolute) > 0:
			return fmt.Sprintf("episode %s (absolute) of %s", numberWords(m.Absolute), title)
		case m.Date != "":
			return fmt.Sprintf("episode of %s of %s", m.Date, title)
		}
		return "episode of " + title
	case media.KindNone:
	}
	if m.Refused != media.ReasonNone {
		return "not scrobbled (" + reasonWords(m.Refused) + ")"
	}
	return "not recognised"
}

func numberWords(nums []media.Number) string {
	words := make([]string, len(nums))
	for i, n := range nums {
		words[i] = n.String()
	}
	return strings.Join(words, ", ")
}
