package authority_test

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gossiprpc/harness/authority"
)

func TestAnAuthorityGoesOn(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lab")
	for _, names := range [][]string{{"node1", "node1", "gossip_node_3", "10.0.0.7"}, {"node2", "node2"}} {
		a, err := authority.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Issue(names[0], names[1:]...); err != nil {
			t.Fatal(err)
		}
	}
	ca, err := os.ReadFile(filepath.Join(dir, authority.CAFile))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	for file, hosts := range map[string]string{"node1": "node1 gossip_node_3 10.0.0.7", "node2": "node2"} {
		flags := authority.Flags(dir, file)
		pair, err := tls.LoadX509KeyPair(flags[1], flags[3])
		if err != nil {
			t.Fatal(err)
		}
		for host := range strings.FieldsSeq(hosts) {
			if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: host}); err != nil {
				t.Errorf("%s for %s: %v", file, host, err)
			}
		}
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: "node9"}); err == nil {
			t.Errorf("%s is for node9 too", file)
		}
		if info, err := os.Stat(flags[3]); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("the key %s may be read by others: %v, %v", flags[3], info.Mode(), err)
		}
	}
}

func TestNamesThatNoCertificateCanBeFor(t *testing.T) {
	a, err := authority.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "a/b", "ca", "../x", "two words"} {
		if err := a.Issue(name); err == nil || !strings.Contains(err.Error(), "want a name of letters") {
			t.Errorf("%q: error %v", name, err)
		}
	}
	broken := t.TempDir()
	if err := os.WriteFile(filepath.Join(broken, authority.CAFile), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := authority.Open(broken); err == nil || !strings.Contains(err.Error(), "no PEM") {
		t.Errorf("a broken authority: %v", err)
	}
}
