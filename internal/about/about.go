// Package about says what this program is: its name, its version, and the client_id that a package may build in.
//
// It promises that each stands in one place, so that a renamed fork changes one line. It must not know anything else
// of the program, and imports only the standard library.
package about

import (
	"runtime/debug"
	"strings"
)

// Name is the program's name: of the command, of its folders, its "app-name" at Simkl and its User-Agent
// (simkl-api.md 1).
const Name = "simkld"

// Home is where the program lives.
const Home = "https://github.com/simkld/simkld"

// Unofficial is the sentence that `version`, the README and the packages carry.
const Unofficial = "An unofficial client of Simkl, not made or endorsed by Simkl."

// Set when linking: -ldflags "-X github.com/simkld/simkld/internal/about.version=1.2.0".
var (
	version  = ""
	clientID = ""
)

// Version is the version that was linked in, else the one the Go toolchain recorded, without a leading "v"; "0.0.0-dev" for
// a build that has neither. It is the "app-version" at Simkl.
func Version() string {
	if version != "" {
		return strings.TrimPrefix(version, "v")
	}
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") {
		return strings.TrimPrefix(info.Main.Version, "v")
	}
	return "0.0.0-dev"
}

// ClientID is the client_id that a package built in, "" for none.
func ClientID() string { return clientID }

// UserAgent is what every request carries: "name/version (address)".
func UserAgent() string { return Name + "/" + Version() + " (+" + Home + ")" }
