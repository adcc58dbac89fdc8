package xmlrpc

import (
	"errors"
	"fmt"
)

// Default limits for what comes from outside.
const (
	DefaultMaxBody  = 16 << 20 // bytes, before and after gunzip
	DefaultMaxDepth = 64       // arrays and structs inside each other
	maxMethodName   = 255      // bytes

	// A decoded value costs about 130 bytes whatever its text is, so elements
	// are limited apart from bytes: with these a call at the limit costs a small
	// multiple of the body limit. A suspect matrix of 724 nodes just fits an answer.
	defaultServerElements = 1 << 18
	defaultClientElements = 1 << 19
)

// ErrLimit is wrapped by every error about a document that is too big, too deep
// or has too many values.
var ErrLimit = errors.New("limit exceeded")

// Limits bound what a document may hold.
type Limits struct {
	MaxDepth    int // arrays and structs inside each other
	MaxElements int // values in all
}

// DefaultLimits are those of DefaultServerOptions.
func DefaultLimits() Limits {
	return Limits{MaxDepth: DefaultMaxDepth, MaxElements: defaultServerElements}
}

func checkBounds(who string, body int64, l Limits) error {
	if body < 1 {
		return fmt.Errorf("%s option MaxBody is %d, want at least 1 byte", who, body)
	}
	if l.MaxDepth < 1 || l.MaxDepth > 10_000 {
		return fmt.Errorf("%s option MaxDepth is %d, want 1 to 10000", who, l.MaxDepth)
	}
	if l.MaxElements < 1 {
		return fmt.Errorf("%s option MaxElements is %d, want at least 1", who, l.MaxElements)
	}
	return nil
}
