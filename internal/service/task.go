package service

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"github.com/simkld/simkld/internal/about"
)

// Task starts the daemon as a task of Windows when the user logs on, without a window.
type Task struct{ o Options }

var _ Manager = (*Task)(nil)

// NewTask gives the task of this user.
func NewTask(o Options) *Task { return &Task{o} }

// Name is "a log-on task".
func (*Task) Name() string { return "a log-on task" }

// XML is the task. conhost runs a program of the console without showing one.
func (t *Task) XML() string {
	words := make([]string, 0, len(t.o.Args)+2)
	for _, w := range append(append([]string{t.o.Program}, t.o.Args...), "run") {
		words = append(words, `"`+strings.ReplaceAll(w, `"`, `\"`)+`"`)
	}
	user := escapeXML(t.user())
	return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>simkld tells Simkl what your media players play (simkld unit 1)</Description>
  </RegistrationInfo>
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>` + user + `</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>` + user + `</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>3</Count>
    </RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>conhost.exe</Command>
      <Arguments>` + escapeXML("--headless "+strings.Join(words, " ")) + `</Arguments>
    </Exec>
  </Actions>
</Task>
`
}

func (t *Task) user() string {
	name := t.o.Getenv("USERNAME")
	if domain := t.o.Getenv("USERDOMAIN"); domain != "" {
		return domain + `\` + name
	}
	return name
}

// Install makes the task, or makes it anew, and runs it.
func (t *Task) Install(ctx context.Context) (Installed, error) {
	if t.o.System {
		return Installed{}, noSystem("Windows")
	}
	st, err := t.Status(ctx)
	if err != nil {
		return Installed{}, err
	}
	done := Installed{File: about.Name, Was: st.Age}
	dir, err := os.MkdirTemp("", about.Name)
	if err != nil {
		return done, fmt.Errorf("make a folder for the task: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // what stays in a folder for temporary files is removed by the system
	file := filepath.Join(dir, "task.xml")
	if err := os.WriteFile(file, utf16File(t.XML()), 0o600); err != nil {
		return done, fmt.Errorf("write the task: %w", err)
	}
	if _, err := command(ctx, "schtasks.exe", "/Create", "/TN", about.Name, "/XML", file, "/F"); err != nil {
		return done, err
	}
	if st.Running {
		return done, t.Restart(ctx)
	}
	return done, t.Start(ctx)
}

// utf16File is text as schtasks reads it: UTF-16 with its mark.
func utf16File(text string) []byte {
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

// Uninstall ends the task and removes it.
func (t *Task) Uninstall(ctx context.Context) (bool, error) {
	st, err := t.Status(ctx)
	if err != nil || !st.Installed() {
		return false, err
	}
	if err := t.Stop(ctx); err != nil {
		return false, err
	}
	_, err = command(ctx, "schtasks.exe", "/Delete", "/TN", about.Name, "/F")
	return err == nil, err
}

// Start runs the task now.
func (t *Task) Start(ctx context.Context) error { return t.do(ctx, "/Run") }

// Stop ends it until the next log-on.
func (t *Task) Stop(ctx context.Context) error {
	st, err := t.Status(ctx)
	if err != nil || !st.Running {
		return err
	}
	return t.do(ctx, "/End")
}

// Restart runs it anew.
func (t *Task) Restart(ctx context.Context) error {
	if err := t.Stop(ctx); err != nil {
		return err
	}
	return t.Start(ctx)
}

func (t *Task) do(ctx context.Context, verb string) error {
	st, err := t.Status(ctx)
	if err != nil {
		return err
	}
	if !st.Installed() {
		return notInstalled(t.o)
	}
	_, err = command(ctx, "schtasks.exe", verb, "/TN", about.Name)
	return err
}

// taskRuns is how a query shows a task that runs: the number of SCHED_S_TASK_RUNNING, since the words are translated.
const taskRuns = "267009"

// Status asks for the task.
func (t *Task) Status(ctx context.Context) (State, error) {
	out, err := command(ctx, "schtasks.exe", "/Query", "/TN", about.Name, "/XML")
	if isAbsent(err) {
		return State{}, err
	}
	if err != nil {
		return State{Age: Missing}, nil //nolint:nilerr // there is no such task
	}
	st := State{File: about.Name, Age: Old, Enabled: !strings.Contains(out, "<Enabled>false</Enabled>")}
	if strings.Contains(out, escapeXML(t.o.Program)) {
		st.Age = Current
	}
	if out, err = command(ctx, "schtasks.exe", "/Query", "/TN", about.Name, "/V", "/FO", "CSV", "/NH"); err == nil {
		st.Running = strings.Contains(out, `"`+taskRuns+`"`)
	}
	return st, nil
}
