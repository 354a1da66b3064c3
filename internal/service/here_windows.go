package service

// New gives what starts the daemon on this system.
func New(o Options) Manager { return NewTask(o) }
