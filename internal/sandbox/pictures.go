package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"image"
	"image/color"
	"image/jpeg"
	"net/http"
	"slices"
	"strings"
)

// poster is the fragment of a title's poster (2.6): a folder of two digits and a name.
// "" for the few that have none.
func (t *title) poster() string { return fragment("poster", t) }

// fanart is the fragment of a title's wide picture.
func (t *title) fanart() string { return fragment("fanart", t) }

func fragment(kind string, t *title) string {
	if len(t.IDs) == 0 {
		return ""
	}
	sum := sha256.Sum256([]byte(kind + t.url()))
	name := hex.EncodeToString(sum[:9])[:17]
	return string('1'+name[0]%9) + string('0'+name[1]%10) + "/" + name
}

// pictureSizes are the suffixes of each kind of picture and their width and height (2.6).
var pictureSizes = map[string]map[string]image.Point{
	"posters": {
		"_w": {X: 600, Y: 338}, "_m": {X: 340, Y: 510}, "_ca": {X: 190, Y: 279}, "_c": {X: 170, Y: 250}, "_cm": {X: 84, Y: 124}, "_s": {X: 40, Y: 57},
	},
	"fanart": {"_medium": {X: 1920, Y: 1080}, "_mobile": {X: 960, Y: 540}, "_w": {X: 600, Y: 338}, "_s48": {X: 48, Y: 27}, "_d": {X: 1920, Y: 1080}},
}

// picture answers the pictures of simkl.in. What is shown is one colour, that of the title; an extension of .webp holds a
// JPEG too, which every viewer takes by its content.
func (s *Server) picture(c *call) response {
	kind, file, _ := strings.Cut(strings.Trim(c.r.URL.Path, "/"), "/")
	name, ext, _ := strings.Cut(file, ".")
	part, suffix := name, ""
	if i := strings.LastIndexByte(name, '_'); i >= 0 {
		part, suffix = name[:i], name[i:]
	}
	size, ok := pictureSizes[kind][suffix]
	if !ok || part == "" || ext != "jpg" && (ext != "webp" || suffix == "_d") || !slices.ContainsFunc(s.cat.titles, func(t *title) bool {
		return kind == "posters" && t.poster() == part || kind == "fanart" && t.fanart() == part
	}) {
		return text(http.StatusNotFound, "Not Found")
	}
	sum := sha256.Sum256([]byte(part))
	plain := image.NewPaletted(image.Rectangle{Max: size}, color.Palette{color.RGBA{R: sum[0], G: sum[1], B: sum[2], A: 255}})
	var b bytes.Buffer
	if err := jpeg.Encode(&b, plain, nil); err != nil {
		return problem(http.StatusInternalServerError, "internal", err.Error())
	}
	return response{status: http.StatusOK, body: b.Bytes()}.with("Content-Type", "image/jpeg").with("Cache-Control", "public, max-age=31536000")
}
