package netwatch

// Table is what the kernel told.
type Table = table

// NewTable gives an empty one.
func NewTable() *Table { return newTable() }

// Apply takes messages of rtnetlink.
func (t *table) Apply(b []byte) (up bool) { return t.apply(b) }

// Size is how many links and addresses are kept.
func (t *table) Size() int { return len(t.running) + len(t.address) }
