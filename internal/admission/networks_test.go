package admission_test

import (
	"net/netip"
	"strings"
	"testing"

	"gossiprpc/internal/admission"
)

func TestNetworks(t *testing.T) {
	for _, c := range []struct{ text, in, out string }{
		{"", "10.0.0.1 ::1 203.0.113.9", ""},
		{"10.0.0.0/8", "10.0.0.1 10.255.255.255 ::ffff:10.0.0.1", "11.0.0.0 ::1 ::ffff:11.0.0.1"},
		{"127.0.0.1", "127.0.0.1 ::ffff:127.0.0.1", "127.0.0.2 ::1"},
		{" 10.0.0.0/8 , fd00::/8", "10.9.8.7 fd12::1 fd12::1%eth0", "fe80::1 9.9.9.9"},
		{"::ffff:10.0.0.0/104", "10.1.2.3 ::ffff:10.1.2.3", "11.0.0.1"},
		{"0.0.0.0/0", "1.2.3.4 ::ffff:1.2.3.4", "::1"},
		{"::/0", "::1 fd00::2", "1.2.3.4 ::ffff:1.2.3.4"},
	} {
		n, err := admission.ParseNetworks(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		for text := range strings.FieldsSeq(c.in) {
			if !n.Hold(netip.MustParseAddr(text)) {
				t.Errorf("%q does not let %s in", c.text, text)
			}
		}
		for text := range strings.FieldsSeq(c.out) {
			if n.Hold(netip.MustParseAddr(text)) {
				t.Errorf("%q lets %s in", c.text, text)
			}
		}
	}
	closed, err := admission.ParseNetworks("10.0.0.0/8")
	if err != nil || closed.Hold(netip.Addr{}) {
		t.Errorf("a caller without an address is let in, error %v", err)
	}
}

func TestNetworksThatMakeNoSense(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.0/33":           `"10.0.0.0/33" is no network`,
		"10.0.0.5/8":            "10.0.0.5/8\" has bits after its first 8: want 10.0.0.0/8",
		"node1":                 `"node1" is no network: want one such as`,
		"10.0.0.0/8,":           `"" is no network`,
		"fe80::1%eth0":          `"fe80::1%eth0" is no network`,
		"::ffff:10.0.0.0/8":     "want at least 96 bits",
		"10.0.0.0/8 10.0.0.0/8": "is no network",
	} {
		if _, err := admission.ParseNetworks(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}
