package gossip

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrAddress is wrapped by every error about a text that is no address.
var ErrAddress = errors.New("bad address")

const maxNameLength = 253

// Address identifies a node everywhere in the system: "name:port", for example
// "node1:5000". The original calls the same text "ip".
type Address string

// NewAddress joins a checked name and port.
func NewAddress(name string, port int) (Address, error) {
	if err := check(name, port); err != nil {
		return "", err
	}
	return Address(name + ":" + strconv.Itoa(port)), nil
}

// ParseAddress checks a text that came from outside. The port must be written
// without sign or leading zeros, so that one node has one text.
func ParseAddress(s string) (Address, error) {
	name, port, ok := strings.Cut(s, ":")
	if !ok {
		return "", fmt.Errorf("%w %q: want name:port", ErrAddress, s)
	}
	n, err := strconv.Atoi(port)
	if err != nil || len(port) > 1 && (port[0] == '0' || port[0] == '+') {
		return "", fmt.Errorf("%w %q: port %q is not a whole number from 1 to 65535", ErrAddress, s, port)
	}
	if err := check(name, n); err != nil {
		return "", err
	}
	return Address(s), nil
}

func check(name string, port int) error {
	if err := CheckName(name); err != nil {
		return err
	}
	return CheckPort(port)
}

// CheckName accepts 1 to 253 letters, digits, dots, underscores and hyphens.
func CheckName(name string) error {
	if name == "" || len(name) > maxNameLength {
		return fmt.Errorf("%w: name %q has %d characters, want 1 to %d", ErrAddress, shorten(name), len(name), maxNameLength)
	}
	for i := range len(name) {
		if !nameByte(name[i]) {
			return fmt.Errorf("%w: name %q holds %q, want letters, digits, '.', '_' and '-' only", ErrAddress, name, name[i])
		}
	}
	return nil
}

// CheckPort accepts 1 to 65535.
func CheckPort(port int) error {
	if port < 1 || port > 65535 {
		return fmt.Errorf("%w: port %d, want 1 to 65535", ErrAddress, port)
	}
	return nil
}

// Name is the part before the port.
func (a Address) Name() string {
	name, _, _ := strings.Cut(string(a), ":")
	return name
}

// Port is the number after the colon, 0 if a was not made by NewAddress or
// ParseAddress.
func (a Address) Port() int {
	_, port, _ := strings.Cut(string(a), ":")
	n, err := strconv.Atoi(port)
	if err != nil {
		return 0
	}
	return n
}

func nameByte(c byte) bool {
	switch {
	case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		return true
	}
	return c == '.' || c == '_' || c == '-'
}

func shorten(s string) string {
	if len(s) <= 40 {
		return s
	}
	return s[:40] + "..."
}
