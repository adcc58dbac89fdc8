package admission

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Networks are those that may connect. None at all means that everyone may.
type Networks []netip.Prefix

// ParseNetworks reads networks and single addresses with commas between them, such
// as "10.0.0.0/8,127.0.0.1". The empty text is no network.
func ParseNetworks(text string) (Networks, error) {
	if text == "" {
		return nil, nil
	}
	var all Networks
	for item := range strings.SplitSeq(text, ",") {
		n, err := parseNetwork(strings.TrimSpace(item))
		if err != nil {
			return nil, err
		}
		all = append(all, n)
	}
	return all, nil
}

func parseNetwork(text string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	n, err := netip.ParsePrefix(text)
	if err != nil {
		return n, fmt.Errorf("%q is no network: want one such as 10.0.0.0/8 or fd00::/8, or an address", text)
	}
	// An IPv4 network written as IPv6 holds the same callers.
	if a := n.Addr(); a.Is4In6() {
		const mapped = 96 // the bits of ::ffff:0:0/96
		if n.Bits() < mapped {
			return n, fmt.Errorf("%q holds all of IPv4 and more: want at least %d bits", text, mapped)
		}
		n = netip.PrefixFrom(a.Unmap(), n.Bits()-mapped)
	}
	if n != n.Masked() {
		return n, fmt.Errorf("%q has bits after its first %d: want %s or the address alone", text, n.Bits(), n.Masked())
	}
	return n, nil
}

// Hold tells whether a caller at a may connect.
func (n Networks) Hold(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	return len(n) == 0 || slices.ContainsFunc(n, func(p netip.Prefix) bool { return p.Contains(a) })
}
