//go:build unix

package setup_test

import (
	"net"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/internal/setup"
)

const rcFile = ".config/vlc/vlcrc"

var password = regexp.MustCompile(`(?m)^http-password=([A-Z2-7]{24})(\r?)$`)

// masked is a vlcrc with a random password named.
func masked(text string) string { return password.ReplaceAllString(text, "http-password=RANDOM$2") }

func TestVLCRCGetsFourSettingsAndKeepsEveryOtherByte(t *testing.T) {
	for name, c := range map[string]struct{ before, after string }{
		"as VLC writes it": {
			"\ufeff###\n###  vlc 3.0.24\n###\n\n[lua] # Lua interpreter\n\n# Password (string)\n#http-password=\n\n[core] # core program\n\n" +
				"#http-host=\n#http-port=8081\nhttp-port=8091\n#extraintf=\nvolume-step=7\n",
			"\ufeff###\n###  vlc 3.0.24\n###\n\n[lua] # Lua interpreter\n\n# Password (string)\nhttp-password=RANDOM\n\n[core] # core program\n\n" +
				"http-host=127.0.0.1\n#http-port=8081\nhttp-port=8091\nextraintf=http\nvolume-step=7\n",
		},
		"of Windows": {
			"\ufeff[core]\r\n#extraintf=\r\nhttp-port=8091\r\n\r\n[lua]\r\nx=1",
			"\ufeff[core]\r\nhttp-host=127.0.0.1\r\nextraintf=http\r\nhttp-port=8091\r\n\r\n[lua]\r\nhttp-password=RANDOM\r\nx=1",
		},
		"a first line behind the mark of its encoding": {
			"\ufeffhttp-port=8091\nextraintf=lua:oldrc",
			"\ufeffhttp-port=8091\nextraintf=lua:oldrc:http\n[core]\nhttp-host=127.0.0.1\n[lua]\nhttp-password=RANDOM\n",
		},
		"a password and a host of this machine": {
			"extraintf=\nhttp-host=localhost\nhttp-port=8091\nhttp-password=my \xff own\n",
			"extraintf=http\nhttp-host=localhost\nhttp-port=8091\nhttp-password=my \xff own\n",
		},
		"open to the network, but off": {
			"http-host=0.0.0.0\nhttp-port=8091\nhttp-password=x\n",
			"http-host=127.0.0.1\nhttp-port=8091\nhttp-password=x\n[core]\nextraintf=http\n",
		},
		"of several the last counts": {
			"http-password=a\nhttp-port=1\nhttp-port=8091\nhttp-password=\nextraintf=http\nhttp-host=::1\n",
			"http-password=a\nhttp-port=1\nhttp-port=8091\nhttp-password=RANDOM\nextraintf=http\nhttp-host=::1\n",
		},
		"on already, as the user wants it": {
			"extraintf=http\nhttp-host=0.0.0.0\nhttp-password=x\n", "extraintf=http\nhttp-host=0.0.0.0\nhttp-password=x\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := home(t, map[string]string{rcFile: c.before})
			before := tree(t, s)
			plan := setup.VLC(s).Plan()
			if d := cmp.Diff(before, tree(t, s)); d != "" {
				t.Errorf("planning changed something: %s", d)
			}
			for _, line := range plan.Steps[0].Diff {
				if strings.Contains(line, "password=") && !strings.HasSuffix(line, "(hidden)") && !strings.HasSuffix(line, "password=") {
					t.Errorf("a password is shown: %q", line)
				}
			}
			apply(t, setup.VLC(s))
			got := get(t, s, rcFile)
			if d := cmp.Diff(c.after, masked(got)); d != "" {
				t.Error(d)
			}
			apply(t, setup.VLC(s))
			if again := get(t, s, rcFile); again != got {
				t.Errorf("a second run made it %q", again)
			}
			undo(t, setup.VLC(s))
			if d := cmp.Diff(before, tree(t, s)); d != "" {
				t.Errorf("after undo: %s", d)
			}
		})
	}
}

func TestVLCThatWasNeverStartedGetsAPrivateFile(t *testing.T) {
	s := home(t, nil)
	before := tree(t, s)
	apply(t, setup.VLC(s))
	text := get(t, s, rcFile)
	if !password.MatchString(text) || !strings.Contains(text, "extraintf=http\n") || !strings.Contains(text, "http-host=127.0.0.1\n") {
		t.Errorf("it is %q", masked(text))
	}
	if mode := tree(t, s)[rcFile]; !strings.HasPrefix(mode, "-rw------- ") {
		t.Errorf("others can read the password: %s", mode)
	}
	undo(t, setup.VLC(s))
	if d := cmp.Diff(before, tree(t, s)); d != "" {
		t.Errorf("after undo: %s", d)
	}
}

func TestPasswordDiffersEachTimeAndOthersCannotReadIt(t *testing.T) {
	s := home(t, map[string]string{rcFile: ""})
	seen := map[string]bool{}
	for range 3 {
		apply(t, setup.VLC(s))
		m := password.FindStringSubmatch(get(t, s, rcFile))
		if m == nil || seen[m[1]] {
			t.Fatalf("the password is %q", m)
		}
		seen[m[1]] = true
		if mode := tree(t, s)[rcFile]; !strings.HasPrefix(mode, "-rw------- ") {
			t.Errorf("mode is %s", mode)
		}
		undo(t, setup.VLC(s))
		if mode := tree(t, s)[rcFile]; !strings.HasPrefix(mode, "-rw-r--r-- ") {
			t.Errorf("after undo the mode is %s", mode)
		}
	}
}

var portLine = regexp.MustCompile(`(?m)^http-port=(\d+)$`)

func TestPortOfAnotherProgramIsLeftToItAndTwoProfilesHaveTwo(t *testing.T) {
	if l, err := net.Listen("tcp", "127.0.0.1:8080"); err == nil { // else somebody else has it, which serves as well
		defer l.Close()
	}
	s := home(t, map[string]string{rcFile: "", ".var/app/org.videolan.VLC/": "", "snap/vlc/common/vlcrc": "http-port=8081\n"})
	apply(t, setup.VLC(s))
	seen := map[string]string{"8080": "another program"}
	for _, file := range []string{rcFile, ".var/app/org.videolan.VLC/config/vlc/vlcrc", "snap/vlc/common/vlcrc"} {
		m := portLine.FindStringSubmatch(get(t, s, file))
		if m == nil {
			t.Fatalf("%s has no port", file)
		}
		if other, ok := seen[m[1]]; ok {
			t.Errorf("%s has port %s of %s", file, m[1], other)
		}
		if n, err := strconv.Atoi(m[1]); err != nil || n < 8080 || n > 8179 {
			t.Errorf("%s has port %s", file, m[1])
		}
		seen[m[1]] = file
	}
}

func TestPortThatIsSetIsKeptAndSaidIfTaken(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	s := home(t, map[string]string{rcFile: "http-port=" + port + "\n"})
	plan := apply(t, setup.VLC(s))
	if !strings.Contains(get(t, s, rcFile), "http-port="+port+"\n") || !strings.Contains(plan.Steps[0].Text, "another program") {
		t.Errorf("%+v", plan.Steps[0])
	}
}

func TestUndoOfAFileThatChangedSinceTakesBackOnlyOurs(t *testing.T) {
	for name, c := range map[string]struct {
		before, want string
		edit         func(string) string
	}{
		"VLC wrote it anew": {
			"#extraintf=\n#http-host=\nhttp-port=8091\n#http-password=\nvolume=1\n",
			"#extraintf=\n#http-host=\nhttp-port=8091\n#http-password=\nvolume=2\n# end\n",
			func(s string) string { return strings.Replace(s, "volume=1\n", "volume=2\n# end\n", 1) },
		},
		"another interface came to ours": {
			"extraintf=lua\nhttp-port=8091\n", "extraintf=lua:oldrc\nhttp-port=8091\n[core]\n[lua]\n",
			func(s string) string { return strings.Replace(s, "lua:http", "lua:http:oldrc", 1) },
		},
		"the user took another password and host": {
			"extraintf=\nhttp-host=10.0.0.1\nhttp-port=8091\nhttp-password=\n",
			"extraintf=\nhttp-host=10.0.0.2\nhttp-port=8091\nhttp-password=mine\n",
			func(s string) string {
				return strings.Replace(password.ReplaceAllString(s, "http-password=mine"), "127.0.0.1", "10.0.0.2", 1)
			},
		},
		"the user switched it off": {
			"http-host=127.0.0.1\nhttp-port=8091\nhttp-password=x\n",
			"http-host=127.0.0.1\nhttp-port=8091\nhttp-password=x\n[core]\n",
			func(s string) string { return strings.Replace(s, "extraintf=http\n", "", 1) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := home(t, map[string]string{rcFile: c.before})
			apply(t, setup.VLC(s))
			file := filepath.Join(s.Home, rcFile)
			put(t, file, c.edit(get(t, s, rcFile)))
			undo(t, setup.VLC(s))
			if d := cmp.Diff(c.want, get(t, s, rcFile)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestSecondRunOnAChangedFileGoesBackToTheUsersLatest(t *testing.T) {
	s := home(t, map[string]string{rcFile: "#extraintf=\nhttp-port=8091\nvolume=1\n"})
	apply(t, setup.VLC(s))
	put(t, filepath.Join(s.Home, rcFile), strings.NewReplacer("volume=1", "volume=2", "extraintf=http", "extraintf=").
		Replace(get(t, s, rcFile)))
	apply(t, setup.VLC(s))
	if got := get(t, s, rcFile); !strings.Contains(got, "extraintf=http\n") || !strings.Contains(got, "volume=2\n") {
		t.Errorf("the second run gave %q", masked(got))
	}
	undo(t, setup.VLC(s))
	if got := get(t, s, rcFile); strings.Contains(got, "=http") || password.MatchString(got) || !strings.Contains(got, "volume=2\n") {
		t.Errorf("undo gave %q", masked(got))
	}
}
