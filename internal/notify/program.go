package notify

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// program is a desktop that a program of the system shows notices on: no buttons, and none can be taken away.
type program struct {
	// command gives what is to be run for a title and a body.
	command func(title, body string) (words, env []string)
}

var _ Desktop = program{}

// Show runs the program.
func (p program) Show(ctx context.Context, _ uint32, n Notice) (uint32, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	body := n.Body
	if n.Command != "" {
		body += " " + n.Command
	}
	words, env := p.command(n.Title, body)
	cmd := exec.CommandContext(ctx, words[0], words[1:]...) //nolint:gosec // the words are written in this package
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("%s: %w (%.200q)", words[0], err, out)
	}
	return 0, nil
}

// Close does nothing: such a notice goes by itself.
func (program) Close(context.Context, uint32) {}

// Signals are none.
func (program) Signals() <-chan Signal { return nil }

// End does nothing.
func (program) End() {}

// osascript shows a notice on macOS. The text is an argument, and never a part of the script.
func osascript(title, body string) (words, env []string) {
	return []string{
		"osascript", "-e", "on run argv", "-e", "display notification (item 2 of argv) with title (item 1 of argv)", "-e", "end run",
		title, body,
	}, nil
}

// toast shows a notice on Windows. The text is in the environment, and never a part of the script.
func toast(title, body string) (words, env []string) {
	const script = `$ErrorActionPreference = 'Stop'
[Windows.UI.Notifications.ToastNotificationManager, Windows.UI.Notifications, ContentType = WindowsRuntime] | Out-Null
$xml = [Windows.UI.Notifications.ToastNotificationManager]::GetTemplateContent([Windows.UI.Notifications.ToastTemplateType]::ToastText02)
$text = $xml.GetElementsByTagName('text')
$text.Item(0).AppendChild($xml.CreateTextNode($env:SIMKLD_TOAST_TITLE)) | Out-Null
$text.Item(1).AppendChild($xml.CreateTextNode($env:SIMKLD_TOAST_BODY)) | Out-Null
$app = '{1AC14E77-02E7-4E5D-B744-2EB1AE5198B7}\WindowsPowerShell\v1.0\powershell.exe'
[Windows.UI.Notifications.ToastNotificationManager]::CreateToastNotifier($app).Show([Windows.UI.Notifications.ToastNotification]::new($xml))`
	return []string{"powershell.exe", "-NoProfile", "-NonInteractive", "-WindowStyle", "Hidden", "-Command", script},
		[]string{"SIMKLD_TOAST_TITLE=" + title, "SIMKLD_TOAST_BODY=" + body}
}

var _, _ = osascript, toast // each is of one system, and both are tested on all
