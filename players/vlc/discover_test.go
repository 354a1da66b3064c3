package vlc_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/simkld/simkld/players/vlc"
)

func TestSettingsAreReadAsVLCWritesThem(t *testing.T) {
	for text, want := range map[string]vlc.Settings{
		"":                                  {Instance: vlc.Instance{URL: "http://127.0.0.1:8080"}},
		"#http-password=geheim\n#intf=http": {Instance: vlc.Instance{URL: "http://127.0.0.1:8080"}},
		"\ufeff###\n###  vlc 3.0.24\n###\n[lua] # Lua interpreter\n\n# Password (string)\nhttp-password=geheim\n\n[core]\nextraintf=http\n": {
			On: true, Instance: vlc.Instance{URL: "http://127.0.0.1:8080", Password: "geheim"},
		},
		"extraintf=luaintf:http\r\nhttp-port=9090\r\nhttp-host=192.0.2.7\r\nhttp-password= a = b #c \r\n": {
			On: true, Instance: vlc.Instance{URL: "http://192.0.2.7:9090", Password: " a = b #c "},
		},
		"intf=http\nhttp-host=::\nhttp-port=0\n":                      {On: true, Instance: vlc.Instance{URL: "http://127.0.0.1:8080"}},
		"http-host=0.0.0.0\nhttp-port=99999\n":                        {Instance: vlc.Instance{URL: "http://127.0.0.1:8080"}},
		"http-host=::1\nextraintf=httpish\n":                          {Instance: vlc.Instance{URL: "http://[::1]:8080"}},
		"http-host=evil@elsewhere/\n":                                 {Instance: vlc.Instance{URL: "http://127.0.0.1:8080"}},
		"http-password=one\nhttp-password=two\nmy-http-password=no\n": {Instance: vlc.Instance{URL: "http://127.0.0.1:8080", Password: "two"}},
	} {
		if diff := cmp.Diff(want, vlc.ParseSettings(strings.NewReader(text))); diff != "" {
			t.Errorf("%q (-want +read)\n%s", text, diff)
		}
	}
}

func write(t *testing.T, text string, path ...string) string {
	t.Helper()
	file := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestOnlyInterfacesWorthAskingAreAsked(t *testing.T) {
	on := vlc.Instance{URL: "http://127.0.0.1:8080"}
	by := vlc.Instance{URL: "http://127.0.0.1:8081", Password: "geheim"}
	got := vlc.Instances([]vlc.Settings{{Instance: vlc.Instance{URL: "http://127.0.0.1:1"}}, {On: true, Instance: on}, {Instance: by}, {On: true, Instance: by}})
	if diff := cmp.Diff([]vlc.Instance{on, by}, got); diff != "" {
		t.Error(diff)
	}
}

func FuzzSettings(f *testing.F) {
	for _, s := range []string{"http-password=x\nextraintf=http", "http-host=[::1]%\nhttp-port=1", "\ufeff#x\r\n=\n", "http-host=a/b?c#d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := vlc.ParseSettings(strings.NewReader(text))
		u, err := url.Parse(s.URL)
		if err != nil || u.Scheme != "http" || u.Hostname() == "" || u.Port() == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("%q leads to %q", text, s.URL)
		}
	})
}
