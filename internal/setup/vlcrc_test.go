package setup

import (
	"bytes"
	"strings"
	"testing"
)

func FuzzVLCRC(f *testing.F) {
	f.Add([]byte("\ufeff[core]\r\n#extraintf=\r\nhttp-port=8091\r\n"), []byte("x"))
	f.Add([]byte("extraintf=a:http:b\nhttp-password="), []byte("\n\n"))
	f.Add([]byte("http-host=::1\nhttp-password=p\rq\nextraintf=http\r"), []byte{})
	f.Fuzz(func(t *testing.T, text, more []byte) {
		before := file{exists: true, data: text, mode: 0o600}
		done, _, _, err := switchOn(before, map[int]bool{})
		if err != nil {
			t.Fatal(err)
		}
		if again, _, _, err := switchOn(done, map[int]bool{}); err != nil || !again.same(done) {
			t.Errorf("a second run: %q, then %q, %v", done.data, again.data, err)
		}
		r := parseVLCRC(done.data)
		extra, _ := r.get(interfaceKey)
		main, _ := r.get("intf")
		secret, _ := r.get(passwordKey)
		if !hasHTTP(extra) && !hasHTTP(main) || secret == "" {
			t.Errorf("it is not on: %q", done.data)
		}
		if back, _, err := takeVLCBack(done, before, done); err != nil || !back.same(before) {
			t.Errorf("back is %q, %v", back.data, err)
		}
		changed := done
		changed.data = append(bytes.Clone(done.data), more...)
		back, _, err := takeVLCBack(changed, before, done)
		if err != nil {
			t.Fatal(err)
		}
		if was, _ := parseVLCRC(text).get(passwordKey); was == "" && !bytes.Contains(more, []byte(passwordKey)) {
			if bytes.Contains(back.data, []byte(secret)) && !strings.HasPrefix(string(back.data), passwordKey) {
				t.Errorf("our password is left: %q", back.data)
			}
		}
	})
}
