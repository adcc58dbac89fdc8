package config

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"
)

// startDNS serves PTR records on loopback until the test ends. A name without
// a record is NXDOMAIN; the record "" is never answered.
func startDNS(t *testing.T, records map[string]string) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buffer := make([]byte, 1024)
		for {
			n, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			for _, packet := range dnsAnswers(t, buffer[:n], records) {
				if _, err := conn.WriteTo(packet, from); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-ended
	})
	return conn.LocalAddr().String()
}

// dnsAnswers sends noise and an answer to another question before the real one.
func dnsAnswers(t *testing.T, query []byte, records map[string]string) [][]byte {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil {
		t.Error(err)
		return nil
	}
	q := m.Questions[0]
	if q.Type != dnsmessage.TypePTR {
		t.Errorf("asked for %s, want PTR", q.Type)
	}
	name, known := records[q.Name.String()]
	if known && name == "" {
		return nil
	}
	m.Response = true
	if known {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: 60},
			Body:   &dnsmessage.PTRResource{PTR: dnsmessage.MustNewName(name)},
		}}
	} else {
		m.RCode = dnsmessage.RCodeNameError
	}
	packet, err := m.Pack()
	if err != nil {
		t.Error(err)
		return nil
	}
	late := m
	late.ID++
	stale, err := late.Pack()
	if err != nil {
		t.Error(err)
	}
	return [][]byte{[]byte("noise"), stale, packet}
}

func lookup(servers []string, addresses ...string) ownName {
	ips := make([]net.IP, 0, len(addresses))
	for _, a := range addresses {
		ips = append(ips, net.ParseIP(a))
	}
	return ownName{
		servers:   func() []string { return servers },
		addresses: func() []net.IP { return ips },
		hostname:  func() (string, error) { return "container-id", nil },
		patience:  200 * time.Millisecond,
	}
}

func TestOwnName(t *testing.T) {
	server := startDNS(t, map[string]string{
		"3.0.18.172.in-addr.arpa.": "node1.gossip-network.",
		"4.0.18.172.in-addr.arpa.": "gossiprpc_node_3.gossip-network.",
		"5.0.18.172.in-addr.arpa.": "no(name.gossip-network.",
		"6.0.18.172.in-addr.arpa.": "",
		"1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.": "six.gossip-network.",
	})
	for _, c := range []struct {
		name      string
		advertise string
		addresses []string
		want      string
	}{
		{"advertise comes first", "me.example", []string{"172.18.0.3"}, "me.example"},
		{"first label", "", []string{"172.18.0.3"}, "node1"},
		{"underscores as compose writes them", "", []string{"172.18.0.4"}, "gossiprpc_node_3"},
		{"second address has a record", "", []string{"172.18.0.9", "172.18.0.3"}, "node1"},
		{"IPv6", "", []string{"2001:db8::1"}, "six"},
		{"no record", "", []string{"172.18.0.9"}, "container-id"},
		{"no address", "", nil, "container-id"},
		{"a name that cannot be used", "", []string{"172.18.0.5"}, "container-id"},
		{"no answer", "", []string{"172.18.0.6"}, "container-id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := lookup([]string{server}, c.addresses...).find(t.Context(), c.advertise)
			if err != nil || got != c.want {
				t.Errorf("name %q, %v, want %q", got, err, c.want)
			}
		})
	}
	t.Run("the second server answers", func(t *testing.T) {
		silent := startDNS(t, map[string]string{"3.0.18.172.in-addr.arpa.": ""})
		got, err := lookup([]string{silent, server}, "172.18.0.3").find(t.Context(), "")
		if err != nil || got != "node1" {
			t.Errorf("name %q, %v, want node1", got, err)
		}
	})
}

func TestOwnNameErrors(t *testing.T) {
	o := lookup(nil)
	if _, err := o.find(t.Context(), "a b"); err == nil || !strings.Contains(err.Error(), "--advertise") {
		t.Errorf("bad --advertise: %v", err)
	}
	o.hostname = func() (string, error) { return "Bob's machine", nil }
	if _, err := o.find(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "--advertise") {
		t.Errorf("bad host name: %v, want advice to give --advertise", err)
	}
	o.hostname = func() (string, error) { return "", errors.New("none") }
	if _, err := o.find(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "--advertise") {
		t.Errorf("no host name: %v, want advice to give --advertise", err)
	}
}

func TestOwnNameHereEndsInTime(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	start := time.Now()
	if _, err := OwnName(ctx, ""); err != nil {
		t.Skip("this machine has no usable host name:", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("a cancelled look-up took %s", took)
	}
}

func TestParseServers(t *testing.T) {
	got := parseServers("# made by the engine\nsearch x\nnameserver 127.0.0.11\noptions ndots:0\nnameserver\tfe80::1\nnameserver\n")
	if d := cmp.Diff([]string{"127.0.0.11:53", "[fe80::1]:53"}, got); d != "" {
		t.Error(d)
	}
}
