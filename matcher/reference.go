package matcher

import (
	"net/url"
	"strings"

	"github.com/simkld/simkld/internal/media"
)

const maxParts = 24

// reference is what a player named, taken apart: folders from the top down, and the file's name.
type reference struct {
	parts  [maxParts]string // folders, then the name
	n      int
	scheme string
	rooted bool // begins at the root of the file system
	remote bool // over HTTP or a stream
	ext    fileType
	disc   bool // a DVD or Blu-ray folder or device: the folder above is the name
}

func (f *reference) name() string {
	if f.n == 0 {
		return ""
	}
	return f.parts[f.n-1]
}

// device reports whether a path leads to a device or into another process, whose name says nothing.
func (f *reference) device() bool {
	return f.n > 1 && f.scheme == "" && f.rooted && (f.parts[0] == "dev" || f.parts[0] == "proc")
}

// folder gives the i-th folder above the name, 0 the nearest; "" above the top.
func (f *reference) folder(i int) string {
	if k := f.n - 2 - i; k >= 0 {
		return f.parts[k]
	}
	return ""
}

// split takes a path or URL apart. It decodes percent signs once, and only in URLs.
func (f *reference) split(path string) {
	f.scheme = media.SchemeOf(path)
	rest := path
	decode := f.scheme != ""
	if f.scheme != "" {
		rest = path[len(f.scheme)+3:]
	}
	switch f.scheme {
	case "":
		f.rooted = strings.HasPrefix(path, "/")
		if path == "-" {
			return
		}
		if strings.HasPrefix(path, "magnet:?") {
			f.query(path[len("magnet:?"):])
			return
		}
	case "http", "https", "ytdl", "stremio":
		f.remote = true
		host, tail, _ := strings.Cut(rest, "/")
		_ = host
		if i := strings.LastIndexByte(tail, '#'); i >= 0 && strings.IndexByte(tail[i:], '/') < 0 {
			tail = tail[:i] // a fragment; a "#" in a folder was left unencoded
		}
		tail, query, _ := strings.Cut(tail, "?")
		f.add(tail, true, false)
		if !hasVideoExtension(f.name()) {
			f.query(query)
		}
		return
	case "rtsp", "rtp", "rtmp", "rtmps", "rtsps", "udp", "srt", "mms", "mmsh", "tcp", "hls", "dash", "fd", "fdclose", "memory", "hex", "cdda", "v4l2", "av", "lavf", "null", "tv", "dvb", "screen", "pulse", "alsa", "qtcapture", "dshow", "acestream", "sop", "unix", "icy", "pvr", "plugin", "upnp", "dlna", "zattoo":
		f.remote = true
		return
	case "archive", "zip", "rar", "7z":
		outer, inner, ok := strings.Cut(rest, "|")
		if !ok {
			f.add(rest, true, true)
			return
		}
		f.add(outer, true, false)
		f.add(inner, true, false)
		return
	case "stack", "concat":
		rest, _, _ = strings.Cut(rest, " , ")
		rest, _, _ = strings.Cut(rest, "|")
		if media.SchemeOf(rest) != "" {
			f.split(rest)
			return
		}
		decode = false
	case "edl":
		rest = edlName(rest)
		if media.SchemeOf(rest) != "" {
			f.split(rest)
			return
		}
		decode = false
	case "dvd", "dvdnav", "dvdread", "bd", "bluray", "br":
		f.disc = true
		decode = strings.Contains(rest, "%20")
		if i := strings.IndexByte(rest, '/'); i < 0 { // dvd://1 is a title number of a device
			return
		}
		_, rest, _ = strings.Cut(rest, "/")
		if device := strings.TrimPrefix(rest, "/"); strings.HasPrefix(device, "dev/") || device == "" {
			return
		}
	case "content":
		f.add(rest, true, true)
		return
	case "file":
	default: // smb, nfs, sftp, ftp, davs: a host, then a path
		_, rest, _ = strings.Cut(rest, "/")
	}
	f.add(rest, decode, false)
}

// edlName gives the first file of an EDL ("edl://%9%/a/b.mkv,0,10;..." or "edl://a.mkv;...").
func edlName(s string) string {
	for strings.HasPrefix(s, "!") {
		_, after, ok := strings.Cut(s, ";")
		if !ok {
			return ""
		}
		s = after
	}
	if strings.HasPrefix(s, "%") {
		n, rest, ok := strings.Cut(s[1:], "%")
		length := 0
		for i := range len(n) {
			if !isDigit(n[i]) || length > 1<<20 {
				return ""
			}
			length = length*10 + int(n[i]-'0')
		}
		if ok && length <= len(rest) {
			return rest[:length]
		}
		return rest
	}
	s, _, _ = strings.Cut(s, ";")
	s, _, _ = strings.Cut(s, ",")
	return s
}

// add appends the segments of a path. slashes says that encoded slashes divide too.
func (f *reference) add(path string, decode, slashes bool) {
	if decode && slashes {
		path = unescape(path)
		if i := strings.IndexByte(path, ':'); i >= 0 && !strings.Contains(path[:i], "/") { // primary:Movies/...
			path = path[i+1:]
		}
		decode = false
	}
	windows := strings.IndexByte(path, '\\') >= 0 && (strings.IndexByte(path, '/') < 0 || strings.HasPrefix(path, `\\`) || len(path) > 2 && path[1] == ':')
	for path != "" {
		i := strings.IndexByte(path, '/')
		if windows {
			i = strings.IndexAny(path, `/\`)
		}
		part := path
		if i >= 0 {
			part, path = path[:i], path[i+1:]
		} else {
			path = ""
		}
		if decode && strings.IndexByte(part, '%') >= 0 {
			part = unescape(part)
			for {
				head, tail, more := strings.Cut(part, "/") // a whole path may be encoded into one segment
				f.push(head)
				if !more {
					break
				}
				part = tail
			}
			continue
		}
		f.push(part)
	}
}

func (f *reference) push(part string) {
	if strings.HasSuffix(part, ":") && len(part) > 2 { // the scheme of an address inside an address
		f.n = 0
		return
	}
	if part == "" || part == "." || len(part) == 2 && part[1] == ':' {
		return
	}
	if part == ".." {
		f.n = max(0, f.n-1)
		return
	}
	if f.n == maxParts { // too deep: the lowest folders matter
		copy(f.parts[:], f.parts[1:])
		f.n--
	}
	f.parts[f.n] = part
	f.n++
}

// unescape decodes percent signs once; a sign that encodes nothing stays, and what is no UTF-8 is replaced.
func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return strings.ToValidUTF8(u, "\uFFFD")
	}
	return s
}

// nameKeys are the query keys under which servers pass the name of a file.
var nameKeys = [...]string{"filename", "file", "name", "dn", "title", "fname", "path", "download", "f", "video", "src", "url"}

// query looks for a file's name in the query of a URL.
func (f *reference) query(query string) {
	for _, key := range nameKeys {
		for part := range strings.SplitSeq(query, "&") {
			k, v, ok := strings.Cut(part, "=")
			if !ok || !strings.EqualFold(k, key) || v == "" {
				continue
			}
			v, err := url.QueryUnescape(v)
			if err != nil || !hasVideoExtension(v) && (key != "filename" && key != "dn" && key != "title" && key != "name" || len(v) < 6) {
				continue
			}
			f.n = 0
			f.remote = true
			f.add(strings.ToValidUTF8(v, "\uFFFD"), false, false)
			return
		}
	}
}

type fileType uint8

const (
	typeUnknown fileType = iota
	typeVideo
	typeMusic
	typePicture
	typeText
	typePlaylist
	typeOther // what no player shows: texts, programs, remains
)

// typeOf gives the type of a file by its name's end, and how long that end is.
func typeOf(name string) (fileType, int) {
	i := strings.LastIndexByte(name, '.')
	if i < 0 || len(name)-i > 6 || i == len(name)-1 {
		return typeUnknown, 0
	}
	var low [6]byte
	n := copy(low[:], name[i+1:])
	for k := range n {
		if c := low[k]; c >= 'A' && c <= 'Z' {
			low[k] = c + 'a' - 'A'
		}
	}
	switch string(low[:n]) {
	case "mkv", "mp4", "avi", "m4v", "mov", "wmv", "mpg", "mpeg", "ts", "m2ts", "mts", "webm", "flv", "ogm", "ogv", "vob", "iso", "rmvb", "rm", "divx", "3gp", "3g2", "asf", "f4v", "mk3d", "m2v", "mpe", "mpv", "img", "ifo", "bdmv", "mpls", "tp", "trp", "wtv", "dvr-ms", "strm", "xvid", "nut", "mxf", "dv", "qt", "m1v", "evo", "bup", "y4m", "hevc", "vro", "amv", "mp4v", "ogx", "rec", "m2t", "nsv":
		return typeVideo, n + 1
	case "mp3", "flac", "m4a", "ogg", "oga", "opus", "wav", "aac", "wma", "ape", "alac", "aiff", "aif", "m4b", "mka", "dsf", "dff", "wv", "mid", "midi", "ac3", "dts", "mpc", "tta", "cue", "spx", "amr", "caf":
		return typeMusic, n + 1
	case "jpg", "jpeg", "png", "gif", "bmp", "webp", "tiff", "tif", "heic", "heif", "avif", "svg", "raw", "cr2", "nef", "tbn", "jxl":
		return typePicture, n + 1
	case "srt", "ass", "ssa", "sub", "idx", "vtt", "sup", "smi", "nfo", "xml", "json", "torrent", "nzb", "part", "rar", "zip", "7z", "log", "md":
		return typeText, n + 1
	case "exe", "tmp", "bak", "dll", "apk", "dmg", "msi", "doc", "docx", "sfv", "md5", "par2", "ini", "db", "txt", "pdf", "url", "lnk", "html", "htm":
		return typeOther, n + 1
	case "m3u", "m3u8", "pls", "mpd", "xspf", "asx", "ism", "f4m":
		return typePlaylist, n + 1
	}
	return typeUnknown, 0
}

func hasVideoExtension(name string) bool {
	t, _ := typeOf(name)
	return t == typeVideo
}
