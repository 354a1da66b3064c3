package config

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/simkld/simkld/internal/fault"
	"github.com/simkld/simkld/internal/paths"
)

// Assign is the line that gives a key a value, for a person to put into a file that cannot be written:
// `client_id = "4f1c09d2"`. value is a string, bool, int or []string.
func Assign(key string, value any) string {
	return key[strings.LastIndexByte(key, '.')+1:] + " = " + literal(value)
}

func literal(value any) string {
	switch v := value.(type) {
	case string:
		return quote(v)
	case []string:
		return quoteList(v)
	default:
		return fmt.Sprint(v)
	}
}

// SetKey writes one key, such as "simkl.client_id", into a file and leaves all else in it as it is, comments too. The file
// and its folder are made where they are missing. What would not load afterwards is refused and the file kept.
func SetKey(file, key string, value any) error {
	data, err := os.ReadFile(file)
	mode := fs.FileMode(0o600) // a password may get in later
	switch info, statErr := os.Stat(file); {
	case errors.Is(err, fs.ErrNotExist):
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			return fmt.Errorf("make the folder of the configuration: %w", err)
		}
	case err != nil:
		return fmt.Errorf("read configuration: %w", err)
	case statErr != nil:
		return fmt.Errorf("read configuration: %w", statErr)
	default:
		mode = info.Mode().Perm()
	}
	edited, err := setKey(data, key, value)
	if err != nil {
		return placedError(file, err)
	}
	if _, err := load(edited, file, Source{Home: "/"}); err != nil {
		return err
	}
	return paths.WriteFile(file, edited, mode)
}

func placedError(file string, err error) error {
	if e, ok := errors.AsType[*syntaxError](err); ok {
		return placed(file, finding{e.at, e.what, e.do})
	}
	return err
}

// setKey replaces the value of a key, else adds the key to its section, else adds the section.
func setKey(data []byte, key string, value any) ([]byte, error) {
	doc, err := parse(data)
	if err != nil {
		return nil, err
	}
	path := strings.Split(key, ".")
	section := path[:len(path)-1]
	if r, ok := doc.ranges[pathOf(path...)]; ok {
		// The ranges count without a byte order mark.
		skip := len(data) - len(bytes.TrimPrefix(data, bom))
		return slices.Concat(data[:skip+r[0]], []byte(literal(value)), data[skip+r[1]:]), nil
	}
	if _, inside := doc.ranges[pathOf(section...)]; inside {
		return nil, fault.New(fault.Usage, strings.Join(section, ".")+" is written in braces",
			"put this into it by hand: "+Assign(key, value))
	}
	ending := "\n"
	if bytes.Contains(data, []byte("\r\n")) {
		ending = "\r\n"
	}
	line := Assign(key, value) + ending
	if at, ok := doc.dotted[pathOf(section...)]; ok { // before the key that names the section
		return insertAfterLine(data, at.line-1, strings.Join(section, ".")+"."+line, ending), nil
	}
	if at, ok := doc.headers[pathOf(section...)]; ok {
		return insertAfterLine(data, at.line, line, ending), nil
	}
	if len(data) > 0 && !bytes.HasSuffix(data, []byte("\n")) {
		line = ending + "[" + strings.Join(section, ".") + "]" + ending + line
	} else {
		line = "[" + strings.Join(section, ".") + "]" + ending + line
	}
	if len(data) > 0 {
		line = ending + line
	}
	return append(slices.Clip(data), line...), nil
}

// insertAfterLine puts text below line n, counted from 1.
func insertAfterLine(data []byte, n int, text, ending string) []byte {
	end := 0
	for range n {
		i := bytes.IndexByte(data[end:], '\n')
		if i < 0 { // the header is the last line and has no end
			return slices.Concat(data, []byte(ending), []byte(text))
		}
		end += i + 1
	}
	return slices.Concat(data[:end], []byte(text), data[end:])
}
