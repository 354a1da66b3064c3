package limits_test

import "context"

// contextOfChild is the context of a process that ends by being killed or by the end of its input.
func contextOfChild() context.Context { return context.Background() }
