package hooks

import (
	"os/exec"
	"strconv"
)

// inGroup lets a command end with all that it started.
func inGroup(cmd *exec.Cmd) {
	cmd.Cancel = func() error {
		// taskkill ends the tree; where it cannot, the command alone is ended.
		if exec.Command("taskkill.exe", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run() == nil { //nolint:gosec,noctx // it is the end of ctx
			return nil
		}
		return cmd.Process.Kill()
	}
}
