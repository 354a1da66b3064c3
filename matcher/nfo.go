package matcher

import "github.com/simkld/simkld/internal/media"

// NFO is what an NFO file says.
type NFO struct {
	IDs media.IDs
}
