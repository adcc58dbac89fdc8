package admission

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gossiprpc/harness/authority"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

// lab is a folder with an authority and certificates of it.
type lab struct {
	*authority.Authority
	dir string
}

func newLab(t *testing.T, certificates ...[]string) lab {
	t.Helper()
	l := lab{dir: t.TempDir()}
	var err error
	if l.Authority, err = authority.Open(l.dir); err != nil {
		t.Fatal(err)
	}
	for _, names := range certificates {
		if err := l.Issue(names[0], names[1:]...); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func (l lab) settings(file, host string) Settings {
	at := func(name string) string { return filepath.Join(l.dir, name) }
	return Settings{Host: host, Cert: at(file + ".pem"), Key: at(file + "-key.pem"), CA: at(authority.CAFile)}
}

func gateOf(t *testing.T, s Settings) *Gate {
	t.Helper()
	g, err := New(s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// client calls as the process with this gate, from an address of loopback.
func client(t *testing.T, g *Gate, from string) *xmlrpc.Client {
	t.Helper()
	options := xmlrpc.DefaultClientOptions()
	d := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	// Every host is this machine.
	options.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		return d.DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}
	c, err := xmlrpc.NewClient(g.Client(options))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// named is the address under which callers know s.
func named(s served, host string) gossip.Address {
	_, port, _ := strings.Cut(string(s.server[0]), ":")
	return gossip.Address(host + ":" + port)
}

func TestCertificatesSayWhoSpeaks(t *testing.T) {
	l := newLab(t, []string{"monitor", "monitor-node"}, []string{"node1", "node1", "10.0.0.1"}, []string{"node2", "node2"})
	s := serve(t, gateOf(t, l.settings("monitor", "monitor-node")))
	to := named(s, "monitor-node")
	node1 := client(t, gateOf(t, l.settings("node1", "node1")), "127.0.0.1")
	node2 := client(t, gateOf(t, l.settings("node2", "node2")), "127.0.0.1")
	for _, node := range []gossip.Address{"node1:5000", "10.0.0.1:5000"} {
		for name, r := range claims(node) {
			if name == "join" {
				continue // that server is the provider's
			}
			if _, err := wire.Do(t.Context(), node2, to, r); err == nil || !strings.Contains(err.Error(), "its certificate is for node2") {
				t.Errorf("%s for %s by node2: %v", name, node, err)
			}
			if _, err := wire.Do(t.Context(), node1, to, r); err != nil {
				t.Errorf("%s by %s itself: %v", name, node, err)
			}
		}
	}
	if _, err := wire.Do(t.Context(), node1, named(s, "node2"), machine.Heartbeat{Node: "node1:5000"}); err == nil ||
		!strings.Contains(err.Error(), "valid for monitor-node, not node2") {
		t.Errorf("a server that is not the one called: %v", err)
	}
}

func TestWhoHasNoGoodCertificateIsRefused(t *testing.T) {
	l := newLab(t, []string{"monitor", "monitor-node"}, []string{"node1", "node1"})
	s := serve(t, gateOf(t, l.settings("monitor", "monitor-node")))
	to := named(s, "monitor-node")
	stranger := newLab(t, []string{"node1", "node1"})
	trusting := stranger.settings("node1", "node1")
	foreign := gateOf(t, trusting)
	// It knows the right authority, and has a certificate of another.
	right, err := files{l.settings("node1", "node1").Cert, l.settings("node1", "node1").Key, l.settings("node1", "node1").CA}.
		load("node1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	foreign.keys.current.roots = right.roots
	for name, c := range map[string]struct {
		gate *Gate
		want string
	}{
		// Its own end of the handshake is over by then: its first write may fail before it has
		// read why.
		"another authority's certificate": {foreign, "remote error: tls:|broken pipe|connection reset"},
		"another authority":               {gateOf(t, trusting), "certificate signed by unknown authority"},
		"plain HTTP":                      {nil, "400 Bad Request"},
	} {
		_, err := wire.Do(t.Context(), client(t, c.gate, "127.0.0.1"), to, machine.Heartbeat{Node: "node1:5000"})
		if err == nil || !regexp.MustCompile(c.want).MatchString(err.Error()) {
			t.Errorf("%s: error %v, want %q", name, err, c.want)
		}
	}
	if s.calls.Load() != 0 {
		t.Error("a call has reached the machine")
	}
	if lines := s.lines(); len(lines) != 1 || !strings.HasPrefix(lines[0], "caller=127.0.0.1 ") {
		t.Errorf("logged %q, want one line about the caller", lines)
	}
}

// Hosts that --tls-plain names are called in plain and may call so, each from its own
// address and in its own name. Nobody else may.
func TestOriginalsSpeakPlain(t *testing.T) {
	l := newLab(t, []string{"node1", "node1"})
	settings := l.settings("node1", "node1")
	settings.Plain = "old1,old2"
	gate := gateOf(t, settings)
	z := &zone{hosts: map[string]string{"old1": "127.0.0.2", "old2": "127.0.0.3", "node1": "127.0.0.1"}}
	gate.names = newNames(z.lookup, time.Now)
	s := serve(t, gate)
	for _, c := range []struct {
		from string
		node gossip.Address
		want string
	}{
		{"127.0.0.2", "old1:5000", ""},
		{"127.0.0.2", "old2:5000", "old2 is not at 127.0.0.2"},
		{"127.0.0.2", "node1:5000", "node1 is not in --tls-plain"},
		{"127.0.0.4", "old1:5000", "from an address of no host in --tls-plain"},
	} {
		_, err := wire.Do(t.Context(), client(t, nil, c.from), s.server[0], machine.Heartbeat{Node: c.node})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s from %s: error %v, want %q", c.node, c.from, err, c.want)
		}
	}
	old := serve(t, gateOf(t, Settings{}))
	if _, err := wire.Do(t.Context(), client(t, gate, "127.0.0.1"), named(old, "old1"), machine.Heartbeat{Node: "node1:5000"}); err != nil {
		t.Errorf("a call to an original: %v", err)
	}
	if _, err := wire.Do(t.Context(), client(t, gate, "127.0.0.1"), named(s, "node1"), machine.Heartbeat{Node: "node1:5000"}); err != nil {
		t.Errorf("TLS on the same port: %v", err)
	}
}

// A certificate that is renewed is used by the next connection, a broken one is not.
func TestCertificatesAreReadAnew(t *testing.T) {
	l := newLab(t, []string{"monitor", "monitor-node"}, []string{"node1", "node1"})
	settings := l.settings("monitor", "monitor-node")
	log, lines := logged()
	now := time.Now()
	k, err := newKeyring(files{settings.Cert, settings.Key, settings.CA}, "monitor-node", log, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	first := k.get()
	change := func(what string, change func() error) {
		t.Helper()
		if err := change(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		now = now.Add(lookEvery)
	}
	change("renew", func() error { return l.Issue("monitor", "monitor-node") })
	second := k.get()
	if second == first || second.certificate.Leaf.Equal(first.certificate.Leaf) {
		t.Fatal("the old certificate is still in use")
	}
	for want, c := range map[string]func() error{
		"is for node1, and this process goes by monitor-node": func() error { return l.Issue("monitor", "node1") },
		"the certificate has expired at": func() error {
			return l.IssueFor("monitor", now.Add(-2*time.Hour), now.Add(-time.Hour), "monitor-node")
		},
		"failed to find any PEM data": func() error { return os.WriteFile(settings.Cert, []byte("broken"), 0o600) },
		"no such file":                func() error { return os.Remove(settings.Cert) },
	} {
		change(want, func() error { return l.Issue("monitor", "monitor-node") })
		good := k.get()
		before := len(lines())
		change(want, c)
		for range 3 {
			if k.get() != good {
				t.Errorf("%s: the old certificate is not in use", want)
			}
			now = now.Add(lookEvery)
		}
		if said := lines()[before:]; len(said) != 1 || !strings.Contains(said[0], want) {
			t.Errorf("said %q, want one line with %q", said, want)
		}
	}
}

// A connection may outlive its certificate: then its calls are refused, and the caller
// opens another.
func TestAnOldConnectionEndsWithItsCertificate(t *testing.T) {
	l := newLab(t, []string{"monitor", "monitor-node"})
	if err := l.IssueFor("node1", time.Now().Add(-time.Hour), time.Now().Add(time.Hour), "node1"); err != nil {
		t.Fatal(err)
	}
	gate := gateOf(t, l.settings("monitor", "monitor-node"))
	later := make(chan time.Duration, 1)
	later <- 0
	gate.keys.now = func() time.Time {
		d := <-later
		later <- d
		return time.Now().Add(d)
	}
	s := serve(t, gate)
	caller := gateOf(t, l.settings("node1", "node1"))
	c := client(t, caller, "127.0.0.1")
	beat := func() error {
		_, err := wire.Do(t.Context(), c, named(s, "monitor-node"), machine.Heartbeat{Node: "node1:5000"})
		return err
	}
	if err := beat(); err != nil {
		t.Fatal(err)
	}
	if err := l.Issue("node1", "node1"); err != nil {
		t.Fatal(err)
	}
	caller.keys.now = func() time.Time { return time.Now().Add(lookEvery) }
	<-later
	later <- 2 * time.Hour
	if err := beat(); err == nil || !strings.Contains(err.Error(), "the certificate has expired") {
		t.Errorf("with a certificate that has expired: %v", err)
	}
	if err := beat(); err != nil {
		t.Errorf("with the renewed certificate: %v", err)
	}
}

func TestBadCertificates(t *testing.T) {
	l := newLab(t, []string{"node1", "node1"}, []string{"node2", "node2"})
	stranger := newLab(t, []string{"node1", "node1"})
	now := time.Now()
	for name, span := range map[string][2]time.Duration{"old": {-2 * time.Hour, -time.Hour}, "early": {time.Hour, 2 * time.Hour}} {
		if err := l.IssueFor(name, now.Add(span[0]), now.Add(span[1]), "node1"); err != nil {
			t.Fatal(err)
		}
	}
	good := l.settings("node1", "node1")
	with := func(change func(*Settings)) Settings {
		s := good
		change(&s)
		return s
	}
	for want, s := range map[string]Settings{
		"--tls-cert and --tls-ca without --tls-key":              with(func(s *Settings) { s.Key = "" }),
		"--tls-plain without --tls-cert":                         {Plain: "old1"},
		`--tls-plain: bad address: name "two words"`:             with(func(s *Settings) { s.Plain = "old1,two words" }),
		"node2.pem is for node2, and this process goes by node1": l.settings("node2", "node1"),
		"old.pem: the certificate has expired at":                l.settings("old", "node1"),
		"early.pem: the certificate is not valid before":         l.settings("early", "node1"),
		"private key does not match public key":                  with(func(s *Settings) { s.Key = l.settings("node2", "").Key }),
		"is not of the authority in --tls-ca":                    with(func(s *Settings) { s.CA = stranger.settings("", "").CA }),
		"holds no certificate in PEM":                            with(func(s *Settings) { s.CA = s.Key }),
		"--tls-ca: stat":                                         with(func(s *Settings) { s.CA += ".not-there" }),
		"want a regular file":                                    with(func(s *Settings) { s.Cert = l.dir }),
	} {
		if _, err := New(s, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// Whoever connects and says nothing, or little, holds up nobody.
func TestSilentCallersHoldUpNobody(t *testing.T) {
	l := newLab(t, []string{"monitor", "monitor-node"}, []string{"node1", "node1"})
	s := serve(t, gateOf(t, l.settings("monitor", "monitor-node")))
	for _, begin := range [][]byte{nil, {handshakeRecord}, {handshakeRecord, 3, 1, 0x40, 0}} {
		c, err := net.Dial("tcp", string(s.server[0]))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := c.Write(begin); err != nil {
			t.Fatal(err)
		}
	}
	node1 := client(t, gateOf(t, l.settings("node1", "node1")), "127.0.0.1")
	if _, err := wire.Do(t.Context(), node1, named(s, "monitor-node"), machine.Heartbeat{Node: "node1:5000"}); err != nil {
		t.Error(err)
	}
	garbage, err := net.Dial("tcp", string(s.server[0]))
	if err != nil {
		t.Fatal(err)
	}
	defer garbage.Close()
	if _, err := garbage.Write(append([]byte{handshakeRecord}, bytes.Repeat([]byte("x"), 100)...)); err != nil {
		t.Fatal(err)
	}
	if err := garbage.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, garbage); err != nil && !strings.Contains(err.Error(), "reset") {
		t.Errorf("garbage is not hung up on: %v", err)
	}
}

func TestClustersDoNotMix(t *testing.T) {
	red, blue, open := gateOf(t, Settings{Cluster: "red"}), gateOf(t, Settings{Cluster: "blue"}), gateOf(t, Settings{})
	for _, c := range []struct {
		of, at *Gate
		want   string
	}{
		{red, red, ""},
		{open, open, ""},
		{nil, open, ""},
		{red, blue, `a call of cluster "red", and this is cluster "blue"`},
		{red, open, `a call of cluster "red", and this is the cluster without a name`},
		{nil, red, `a call of the cluster without a name, and this is cluster "red"`},
	} {
		s := serve(t, c.at)
		all := claims("node1:5000")
		all["question"] = machine.Mapping{}
		for name, r := range all {
			to := s.server[0]
			switch m := r.(type) {
			case machine.Join:
				to = s.server[1]
			case machine.Mapping:
				if c.want == "" {
					continue // nobody answers it here
				}
			case machine.Message:
				if syn, ok := m.Message.(gossip.Syn); ok {
					syn.ClusterID = c.of.ClusterID()
					m.Message, r = syn, machine.Message{From: m.From, Message: syn}
				}
			}
			_, err := wire.Do(t.Context(), client(t, c.of, "127.0.0.1"), to, r)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("%s: error %v, want %q", name, err, c.want)
			}
		}
	}
	forged := machine.Message{From: "node1:5000", Message: gossip.Syn{ClusterID: blue.ClusterID()}}
	if err := red.Admit(t.Context(), forged); err == nil || !strings.Contains(err.Error(), "a SYN of cluster number") {
		t.Errorf("a SYN of another number: %v", err)
	}
	if open.ClusterID() != 1 || red.ClusterID() < 2 || red.ClusterID() == blue.ClusterID() {
		t.Errorf("numbers %d, %d, %d", open.ClusterID(), red.ClusterID(), blue.ClusterID())
	}
	for _, name := range []string{" ", "a b", strings.Repeat("x", 65), "ré"} {
		if _, err := New(Settings{Cluster: name}, nil); err == nil || !strings.Contains(err.Error(), "--cluster \"") {
			t.Errorf("cluster %q: error %v", name, err)
		}
	}
}
