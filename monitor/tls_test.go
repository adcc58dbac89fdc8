package main

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"gossiprpc/harness/authority"
)

// TestThePageAsksAMonitorThatSpeaksTLS: its own by the way inside, another with the
// certificate that it is given.
func TestThePageAsksAMonitorThatSpeaksTLS(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lab")
	a, err := authority.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Issue("monitor-node", "monitor-node", "127.0.0.1"); err != nil {
		t.Fatal(err)
	}
	if err := a.Issue("page"); err != nil {
		t.Fatal(err)
	}
	own := "127.0.0.1:" + strconv.Itoa(freePort(t))
	secure := append(authority.Flags(dir, "monitor-node"), "--cluster", "lab", "--protocol", "rr")
	p := startMonitor(t, append(secure, "--web", own)...)
	p.stderr.await(t, "web page on http://"+own+"\n")
	if text, err := get(t, "127.0.0.1", "http://"+own+"/fault_vector"); err != nil || text != "[]" {
		t.Errorf("its own page says %q, %v", text, err)
	}
	if _, err := p.monitor.FaultVector(t.Context()); err == nil || !strings.Contains(err.Error(), "400 Bad Request") {
		t.Errorf("a plain question: error %v", err)
	}
	for _, c := range []struct {
		cluster, want string
	}{{"lab", "[]"}, {"other", `a call of cluster "other"`}} {
		other := "127.0.0.1:" + strconv.Itoa(freePort(t))
		startPage(t, other, append(authority.Flags(dir, "page"), "--cluster", c.cluster, "--monitor", p.monitor.HostPort)...)
		if text, err := get(t, "127.0.0.1", "http://"+other+"/fault_vector"); err != nil || !strings.Contains(text, c.want) {
			t.Errorf("a page of cluster %s says %q, %v", c.cluster, text, err)
		}
	}
}
