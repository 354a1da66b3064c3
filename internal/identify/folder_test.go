package identify

import "testing"

// A mount that hangs is found out by one folder of it: nothing else of it is asked, and nothing of this machine is left out.
func TestASlowFolderStandsForItsNetworkMount(t *testing.T) {
	const mounts = "sysfs /sys sysfs rw 0 0\n/dev/sda1 / ext4 rw 0 0\nnas:/tv /mnt/my\\040nas nfs4 rw 0 0\n/dev/sdb1 /mnt/my\\040nas/local ext4 rw 0 0\n" +
		"bob@host:/ /home/bob/remote fuse.sshfs rw 0 0\nbroken\n"
	for dir, want := range map[string]string{
		"/mnt/my nas/Show/Season 1": "/mnt/my nas", "/mnt/my nas": "/mnt/my nas", "/mnt/my nas/local/x": "", "/mnt/my nastier": "", "/tv": "",
		"/home/bob/remote/x": "/home/bob/remote",
	} {
		if got := networkMount(mounts, dir); got != want {
			t.Errorf("%s: %q, want %q", dir, got, want)
		}
	}
	f := folders{slow: map[string]bool{"/tv/a": true}, mounts: []string{"/mnt/my nas"}}
	for dir, want := range map[string]bool{"/tv/a": false, "/tv/b": true, "/mnt/my nas/Other": false, "/mnt/my nastier": true} {
		if f.mayAsk(dir) != want {
			t.Errorf("%s: asked %v", dir, !want)
		}
	}
}
