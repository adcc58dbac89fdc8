package gossip

// Bits is a set of small numbers, such as the places of nodes in an order: number i is
// bit i%8 of byte i/8, the lowest bit being the first.
type Bits []byte

// NewBits is an empty set with room for the numbers from 0 to n-1.
func NewBits(n int) Bits { return make(Bits, (n+7)/8) }

// Has tells whether i is in the set; numbers beyond its room are not.
func (b Bits) Has(i int) bool { return i>>3 < len(b) && b[i>>3]>>(i&7)&1 == 1 }

// Add puts i into the set, which must have room for it.
func (b Bits) Add(i int) { b[i>>3] |= 1 << (i & 7) }
