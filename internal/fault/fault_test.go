package fault_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/simkld/simkld/internal/fault"
)

func TestExitCodesAreTheContract(t *testing.T) {
	for kind, want := range map[fault.Kind]int{
		fault.Failed: 1, fault.Usage: 2, fault.Account: 3, fault.NoDaemon: 4, fault.Unreachable: 5, fault.NotFound: 6,
	} {
		err := fmt.Errorf("while testing: %w", fault.New(kind, "it broke", "mend it"))
		if got := fault.ExitCode(err); got != want {
			t.Errorf("%s: exit code %d, want %d", kind, got, want)
		}
	}
	if got := fault.ExitCode(nil); got != 0 {
		t.Errorf("no error: exit code %d, want 0", got)
	}
	if got := fault.ExitCode(errors.New("anything")); got != 1 {
		t.Errorf("unknown error: exit code %d, want 1", got)
	}
}

func TestLineSaysWhatAndWhatToDo(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"both", fault.New(fault.Account, "no account is linked", "run 'simkld login'"), "simkld: no account is linked: run 'simkld login'"},
		{"nothing to do", fault.New(fault.Failed, "the disk is full", ""), "simkld: the disk is full"},
		{"wrapped", fmt.Errorf("open store: %w", fault.New(fault.Failed, "the disk is full", "make room")), "simkld: the disk is full: make room"},
		{"other error", errors.New("open x: no such file"), "simkld: open x: no such file"},
		{"joined", errors.Join(errors.New("a"), errors.New("b")), "simkld: a; b"},
		{"hostile", fault.New(fault.Failed, "one\r\ntwo", "three\n"), "simkld: one; two: three"},
		{"none", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := fault.Line("simkld", tt.err); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

func TestCauseIsFoundButNotSaid(t *testing.T) {
	err := fault.Wrap(fault.Failed, fs.ErrPermission, "the state folder cannot be written", "check its owner")
	if !errors.Is(err, fs.ErrPermission) {
		t.Error("the cause is lost")
	}
	if got, want := err.Error(), "the state folder cannot be written: check its owner"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
