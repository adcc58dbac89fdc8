package scrape

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"gossiprpc/harness/local"
)

// patience is how long anything may take on a machine that does much else.
const patience = 2 * time.Minute

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// process is one with a page of numbers.
type process struct{ name, page string }

// start runs a command until the test ends, and waits until it tells its numbers.
func start(t *testing.T, folder, name string, args ...string) process {
	t.Helper()
	at := "127.0.0.1:" + freePort(t)
	path := filepath.Join(folder, name)
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	cmd := exec.CommandContext(t.Context(), path, append(args, "--bind", "127.0.0.1", "--advertise", "127.0.0.1", "--metrics", at)...)
	cmd.Dir = t.TempDir()
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if lines.Text() == "metrics on http://"+at+"/metrics" {
			go func() { _, _ = io.Copy(io.Discard, said) }()
			return process{name, "http://" + at}
		}
	}
	t.Fatalf("%s ended before it told where its numbers are", name)
	return process{}
}

func (p process) get(t *testing.T, path string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.page+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// await asks for the numbers until they have all the lines.
func (p process) await(t *testing.T, lines ...string) string {
	t.Helper()
	text := ""
	ticker := time.NewTicker(50 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-ticker.C {
		status, told := p.get(t, "/metrics")
		text = told
		have := strings.Split(text, "\n")
		missing := func(line string) bool { return !slices.Contains(have, line) }
		if status == http.StatusOK && !slices.ContainsFunc(lines, missing) {
			return text
		}
	}
	t.Fatalf("%s does not tell all of %q, but:\n%s", p.name, lines, text)
	return ""
}

// cluster is a monitor, a provider and two nodes that know each other.
func cluster(t *testing.T) (all []process, pages []string) {
	t.Helper()
	folder, err := local.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	monitor, provider := freePort(t), freePort(t)
	m := start(t, folder, "monitor", "--port", monitor, "--provider", "127.0.0.1:"+provider)
	p := start(t, folder, "provider", "--port", provider, "--version", "rr")
	nodes := []string{freePort(t), freePort(t)}
	all = []process{m, p}
	for i, port := range nodes {
		all = append(all, start(t, folder, "gossipnode", "--port", port, "--monitor", "127.0.0.1:"+monitor,
			"--provider", "127.0.0.1:"+provider, "--seed-host", "127.0.0.1", "--seed-port", nodes[1-i],
			"--heartbeat", "100ms", "--gossip", "300ms", "--fail", "1s"))
	}
	return all, []string{
		m.await(t, `gossip_monitor_nodes{verdict="alive"} 2`, // so many are registered,
			fmt.Sprintf(`gossip_monitor_node_eligible{node="127.0.0.1:%s"} 1`, nodes[0]), // and these beat
			fmt.Sprintf(`gossip_monitor_node_eligible{node="127.0.0.1:%s"} 1`, nodes[1])),
		p.await(t, "gossip_provider_members 2"),
		all[2].await(t, "gossip_node_known_nodes 1"),
		all[3].await(t, "gossip_node_known_nodes 1"),
	}
}

func TestNumbersOfRealProcesses(t *testing.T) {
	all, pages := cluster(t)
	exported := map[string]bool{}
	for i, p := range all {
		if status, text := p.get(t, "/healthz"); status != http.StatusOK || text != "ok\n" {
			t.Errorf("%s: /healthz says %d %q", p.name, status, text)
		}
		if status, _ := p.get(t, "/"); status != http.StatusNotFound {
			t.Errorf("%s: / is answered with %d", p.name, status)
		}
		problems, err := promlint.New(strings.NewReader(pages[i])).Lint()
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range problems {
			if !strings.HasPrefix(problem.Metric, "go_") { // the Go collector's own names
				t.Errorf("%s: %s: %s", p.name, problem.Metric, problem.Text)
			}
		}
		for _, m := range regexp.MustCompile(`(?m)^([a-z_]+)[{ ]`).FindAllStringSubmatch(pages[i], -1) {
			exported[m[1]] = true
		}
	}
	for page, want := range map[int]string{
		0: `gossip_monitor_node_heartbeat_age_seconds{node="127.0.0.1:`, 1: `gossip_provider_info{protocol="rr"} 1`,
		2: `gossip_node_info{protocol="rr"} 1`, 3: `gossip_build_info{process="gossipnode",version="`,
	} {
		if !strings.Contains(pages[page], want) {
			t.Errorf("%s does not tell %q:\n%s", all[page].name, want, pages[page])
		}
	}
	if !strings.Contains(pages[0], `gossip_rpc_duration_seconds_count{method="setheartbeatTime"}`) {
		t.Errorf("the monitor does not count its calls:\n%s", pages[0])
	}
	checkDashboard(t, exported)
}

// checkDashboard holds the names in the dashboard's queries to those that are told,
// in both directions for the project's own.
func checkDashboard(t *testing.T, exported map[string]bool) {
	t.Helper()
	text, err := os.ReadFile("../../docs/grafana/gossiprpc.json")
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	name := regexp.MustCompile(`\b(gossip|go|process)_[a-z_]+`)
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			for _, n := range name.FindAllString(target.Expr, -1) {
				used[n] = true
				if !exported[n] {
					t.Errorf("panel %q asks for %s, which no process tells", p.Title, n)
				}
			}
		}
	}
	if len(used) < 15 {
		t.Errorf("the dashboard asks for %d names only: %v", len(used), used)
	}
	for n := range exported {
		if strings.HasPrefix(n, "gossip_") && !used[n] && !strings.HasSuffix(n, "_info") &&
			!strings.HasPrefix(n, "gossip_rpc_duration_seconds") {
			t.Errorf("no panel shows %s", n)
		}
	}
}
