package account

// keyringReachable: the keyring is part of the system.
func keyringReachable(func(string) string) bool { return true }
