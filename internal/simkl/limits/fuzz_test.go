package limits_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/simkld/simkld/internal/simkl/limits"
)

// FuzzState gives a call any state file: it may be held for as long as the longest hold, but never wait longer than the
// rules, and never again because of what was there.
func FuzzState(f *testing.F) {
	f.Add([]byte(`{"last":[946684800000000000,946684800000000000],"write":946684800000000000,"not_before":946684801000000000}`))
	f.Add([]byte(`{"holds":[{"reason":"blocked","since":946684800000000000,"until":946688400000000000,"client":"x"}],"strikes":-5}`))
	f.Add([]byte(`{"holds":[{"reason":"overloaded","since":-1,"until":9223372036854775807}],"day":"1999-12-31","calls":-7,"remaining":-3}`))
	f.Add([]byte(`{"last":[-9223372036854775808,9223372036854775807],"flight_until":9223372036854775807}`))
	f.Add([]byte(`{"last":`))
	f.Add([]byte("null"))
	f.Add(make([]byte, 3000))
	f.Fuzz(func(t *testing.T, content []byte) {
		synctest.Test(t, func(t *testing.T) {
			dir := t.TempDir()
			l := open(t, dir)
			once(t, l, write)
			path := stateFile(t, dir)
			if err := os.WriteFile(filepath.Clean(path), content, 0o600); err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			p, err := l.Begin(t.Context(), write)
			if hold, ok := errors.AsType[*limits.HoldError](err); ok {
				if time.Until(hold.Until) > 25*time.Hour {
					t.Fatalf("held until %v", hold.Until)
				}
				time.Sleep(time.Until(hold.Until))
				begun = time.Now()
				p, err = l.Begin(t.Context(), write)
			}
			for i := 0; i < 10 && err != nil; i++ { // several holds, each ends
				hold, ok := errors.AsType[*limits.HoldError](err)
				if !ok {
					t.Fatal(err)
				}
				time.Sleep(time.Until(hold.Until))
				begun = time.Now()
				p, err = l.Begin(t.Context(), write)
			}
			if err != nil {
				t.Fatal(err)
			}
			if waited := time.Since(begun); waited > 3200*time.Millisecond {
				t.Errorf("waited %v", waited)
			}
			end(t, p, limits.Result{Sent: time.Now(), Hold: limits.Blocked})
		})
	})
}
