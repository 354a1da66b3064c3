package notify

// NewDesktop gives this system's desktop.
func NewDesktop(func(string) string) Desktop { return program{osascript} }
