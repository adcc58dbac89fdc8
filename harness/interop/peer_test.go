package interop

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

// The Python programs are held to the captures of the original.

func capture(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../internal/wire/testdata", name+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func needPython(t *testing.T) Python {
	t.Helper()
	p, err := NewPython(t.TempDir())
	if errors.Is(err, ErrNoPython) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// startPeer runs a role until the test ends. It answers where it listens, and
// its standard input.
func startPeer(t *testing.T, role string, args ...string) (hostport string, stdin io.Writer) {
	t.Helper()
	return startPeerAt(t, freePort(t), role, args...)
}

func startPeerAt(t *testing.T, hostport, role string, args ...string) (string, io.Writer) {
	t.Helper()
	_, port, _ := net.SplitHostPort(hostport)
	command := append(needPython(t).Command(role), "--bind", "127.0.0.1", "--advertise", "127.0.0.1", "--port", port)
	cmd := exec.Command(command[0], append(command[1:], args...)...)
	cmd.Dir = t.TempDir()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stderr)
	line, _ := lines.ReadString('\n')
	var rest sync.WaitGroup
	rest.Go(func() { _, _ = io.Copy(os.Stderr, lines) })
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		rest.Wait()
		_ = cmd.Wait()
	})
	if !strings.HasSuffix(strings.TrimSpace(line), "listening on "+hostport+" as "+hostport) {
		t.Fatalf("%s said %q", role, line)
	}
	return hostport, in
}

// post sends a call as it stands, and answers what came back.
func post(t *testing.T, hostport, document string) string {
	t.Helper()
	r, err := http.Post("http://"+hostport+"/RPC2", "text/xml", strings.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK || r.Proto != "HTTP/1.0" {
		t.Fatal(r.Proto, r.Status, err)
	}
	return strings.TrimSpace(string(body))
}

func TestPeerMonitorAnswersAsTheOriginal(t *testing.T) {
	monitor, _ := startPeer(t, "monitor")
	register := func(name string) {
		t.Helper()
		call := strings.ReplaceAll(capture(t, "monitor.setMapping.call"), "gossiprpc_node_3:5000", name)
		if got := post(t, monitor, call); got != capture(t, "monitor.setMapping.answer") {
			t.Errorf("setMapping: %s", got)
		}
	}
	check := func(name string) {
		t.Helper()
		if got, want := post(t, monitor, capture(t, "monitor."+name+".call")), capture(t,
			"monitor."+name+".answer"); got != want {
			t.Errorf("%s answers\n%s\nthe original\n%s", name, got, want)
		}
	}
	register("node1:5000")
	register("node2:5000")
	register("gossiprpc_node_3:5000")
	for _, name := range []string{"getMapping", "getSuspectMatrix", "showAliveDeadNode"} {
		check(name)
	}
	// It names a fourth, unknown so far.
	if got := post(t, monitor, capture(t, "monitor.updateSuspectMatrix.call")); !strings.Contains(got,
		"gossiprpc_node_4:5000") || !strings.Contains(got, "KeyError") {
		t.Errorf("a vector with an unknown name: %s", got)
	}
	register("gossiprpc_node_4:5000")
	for _, name := range []string{"updateSuspectMatrix", "sendEpStateMap", "setheartbeatTime"} {
		check(name)
	}
}

func TestPeerProviderAnswersAsTheOriginal(t *testing.T) {
	provider, _ := startPeer(t, "provider", "--version", "BRR")
	for _, name := range []string{
		"node1:5000", "node2:5000", "gossiprpc_node_3:5000", "gossiprpc_node_4:5000",
		"node1:5000",
	} {
		call := strings.ReplaceAll(capture(t, "provider.setMapping.call"), "gossiprpc_node_3:5000", name)
		if got := post(t, provider, call); got != capture(t, "provider.setMapping.answer") {
			t.Errorf("setMapping: %s", got)
		}
	}
	if got := post(t, provider, capture(t, "provider.getMapping.call")); got != capture(t, "provider.getMapping.answer") {
		t.Errorf("getMapping: %s", got)
	}
	without, _ := startPeer(t, "provider")
	if got := post(t, without, capture(t, "provider.setMapping.call")); !strings.Contains(got, "faultCode") {
		t.Errorf("without a version: %s", got)
	}
}

// stage is all that a node calls: monitor, provider and three peers, each a
// server that notes the documents it is sent and answers as captured.
type stage struct {
	mu    sync.Mutex
	calls []staged
	more  chan struct{}     // has room for one: something was noted
	hold  chan struct{}     // while not nil, peers do not answer
	names *strings.Replacer // of the captures by this stage's; nil: not known yet
}

type staged struct{ to, method, document string }

func (s *stage) serve(t *testing.T, name, answers string) string {
	method := regexp.MustCompile(`<methodName>(\w+)</methodName>`)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		m := method.FindSubmatch(body)
		if m == nil {
			return
		}
		s.mu.Lock()
		s.calls = append(s.calls, staged{name, string(m[1]), strings.TrimSpace(string(body))})
		hold, names := s.hold, s.names
		s.mu.Unlock()
		select {
		case s.more <- struct{}{}:
		default:
		}
		if hold != nil && answers == "node" {
			<-hold
		}
		w.Header().Set("Content-Type", "text/xml")
		answer := capture(t, answers+"."+string(m[1])+".answer")
		if names != nil {
			answer = names.Replace(answer)
		}
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(func() { s.release(); server.Close() })
	return strings.TrimPrefix(server.URL, "http://")
}

// await answers the first call from number from on that is to a server by a
// method, and which number it has.
func (s *stage) await(t *testing.T, from int, to, method string, fits func(string) bool) (string, int) {
	t.Helper()
	limit := time.After(15 * time.Second)
	for {
		s.mu.Lock()
		for i := from; i < len(s.calls); i++ {
			if c := s.calls[i]; c.to == to && c.method == method && (fits == nil || fits(c.document)) {
				s.mu.Unlock()
				return c.document, i
			}
		}
		s.mu.Unlock()
		select {
		case <-s.more:
		case <-limit:
			t.Fatalf("no %s to %s in %+v", method, to, s.calls[min(from, len(s.calls)):])
		}
	}
}

// release lets the peers answer.
func (s *stage) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hold != nil {
		close(s.hold)
		s.hold = nil
	}
}

func (s *stage) now() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.calls)
}

// shape leaves of a document all but addresses, numbers but small ones that mean
// something, and times.
func shape(document string) string {
	for _, r := range [][2]string{
		{`[\w.]+:\d{4,5}`, "ADDRESS"},
		{`<int>\d\d+</int>`, "<int>N</int>"},
		{`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}`, "TIME"},
		{`(heartBeatValue</name>\n<value>)<int>\w+</int>`, "${1}<int>N</int>"},
		{`(<value><int>1</int></value>\n<value><int>N</int></value>\n<value>)<int>\w+</int>`, "${1}<int>N</int>"},
	} {
		document = regexp.MustCompile(r[0]).ReplaceAllString(document, r[1])
	}
	return document
}

func TestPeerNodeCallsAsTheOriginal(t *testing.T) {
	s := &stage{more: make(chan struct{}, 1)}
	monitor, provider := s.serve(t, "monitor", "monitor"), s.serve(t, "provider", "provider")
	node1, node2, node4 := s.serve(t, "node1", "node"), s.serve(t, "node2", "node"), s.serve(t, "node4", "node")
	config := filepath.Join(t.TempDir(), "config.json")
	self, console := startNodeOnStage(t, config, node1, monitor, provider)
	names := strings.NewReplacer("gossiprpc_node_3:5000", self, "node1:5000", node1, "node2:5000", node2,
		"gossiprpc_node_4:5000", node4)
	s.mu.Lock()
	s.names = names
	s.mu.Unlock()
	same := func(what, got, name string) {
		t.Helper()
		if want := names.Replace(capture(t, name)); got != want {
			t.Errorf("%s differs: %s", what, cmp.Diff(want, got))
		}
	}
	alike := func(what, got, name string) {
		t.Helper()
		if g, w := shape(got), shape(capture(t, name)); g != w {
			t.Errorf("%s differs: %s", what, cmp.Diff(w, g))
		}
	}

	// The start: three calls in order, then heartbeats.
	registered, at := s.await(t, 0, "monitor", "setMapping", nil)
	same("first call", registered, "monitor.setMapping.call")
	asked, next := s.await(t, at+1, "provider", "setMapping", nil)
	same("second call", asked, "provider.setMapping.call")
	_, third := s.await(t, next+1, "monitor", "sendEpStateMap", nil)
	if at != 0 || next != 1 || third != 2 {
		t.Errorf("the first calls have numbers %d %d %d", at, next, third)
	}
	beat, _ := s.await(t, third+1, "monitor", "setheartbeatTime", nil)
	same("heartbeat", beat, "monitor.setheartbeatTime.call")

	// An ACK tells it of three, wants two of them, and is answered by an ACK2
	// while it is open; the monitor gets the vector twice.
	s.mu.Lock()
	s.hold = make(chan struct{})
	s.mu.Unlock()
	ack := names.Replace(capture(t, "node.acceptAck.call"))
	ack = strings.Replace(ack, "<array><data>\n</data></array>",
		fmt.Sprintf("<array><data><value>%s</value><value>%s</value></data></array>", self, node1), 1)
	ack = regexp.MustCompile(`(heartBeatValue</name>\n<value>)<int>\d+</int>`).ReplaceAllString(ack, "${1}<int>1</int>")
	ack = regexp.MustCompile(`<string>[^<]*</string></value>\n</param>\n</params>`).ReplaceAllString(ack,
		"<string>"+node1+"</string></value></param></params>")
	from := s.now()
	answered := make(chan string, 1)
	go func() { answered <- post(t, self, ack) }()
	ack2, at := s.await(t, from, "node1", "acceptAck2", nil)
	alike("ACK2", ack2, "node.acceptAck2.call")
	early := len(answered) > 0
	s.release()
	if early {
		t.Fatal("the ACK was answered before its ACK2 was: no nested calls")
	}
	if got := <-answered; got != capture(t, "node.acceptAck.answer") {
		t.Errorf("ACK answered by %s", got)
	}
	vector, at := s.await(t, at, "monitor", "updateSuspectMatrix", nil)
	alike("vector", vector, "monitor.updateSuspectMatrix.call")
	s.await(t, at+1, "monitor", "updateSuspectMatrix", nil)

	// A SYN is answered by an ACK while it is open.
	from = s.now()
	syn := names.Replace(capture(t, "node.acceptSyn.call"))
	syn = regexp.MustCompile(`(<value><int>57600</int></value>\n<value>)<int>\d+</int>`).ReplaceAllString(syn,
		"${1}<int>0</int>") // behind it: it tells all
	syn = regexp.MustCompile(`<string>[^<]*</string></value>\n</param>\n</params>`).ReplaceAllString(syn,
		"<string>"+node1+"</string></value></param></params>")
	s.mu.Lock()
	s.hold = make(chan struct{})
	s.mu.Unlock()
	go func() { answered <- post(t, self, syn) }()
	gotAck, _ := s.await(t, from, "node1", "acceptAck", nil)
	alike("ACK", gotAck, "node.acceptAck.call")
	early = len(answered) > 0
	s.release()
	if early {
		t.Fatal("the SYN was answered before its ACK was: no nested calls")
	}
	if got := <-answered; got != capture(t, "node.acceptSyn.answer") {
		t.Errorf("SYN answered by %s", got)
	}

	// Connected, it gossips to the one it has shaken hands with, and sends SYN to
	// the others; and it reports all four states.
	from = s.now()
	if _, err := io.WriteString(console, "connect\n"); err != nil {
		t.Fatal(err)
	}
	gossip, _ := s.await(t, from, "node1", "receiveGossip", nil)
	alike("gossip", gossip, "node.receiveGossip.call")
	gotSyn, _ := s.await(t, from, "node4", "acceptSyn", nil) // brr: two places on
	alike("SYN", gotSyn, "node.acceptSyn.call")
	states, _ := s.await(t, from, "monitor", "sendEpStateMap", nil)
	alike("states", shapeCount(states), "monitor.sendEpStateMap.call")

	// Gossip and ACK2 are answered as captured, and unknown endpoints get no state.
	for _, name := range []string{"node.receiveGossip", "node.acceptAck2"} {
		if got := post(t, self, names.Replace(capture(t, name+".call"))); got != capture(t, name+".answer") {
			t.Errorf("%s answered by %s", name, got)
		}
	}
}

// shapeCount makes a message count of one digit one of two, as the captured.
func shapeCount(document string) string {
	return regexp.MustCompile(`<int>\d</int>(</value>\n</param>\n</params>)`).ReplaceAllString(document,
		"<int>10</int>$1")
}

func startNodeOnStage(t *testing.T, config, seed, monitor, provider string) (string, io.Writer) {
	t.Helper()
	host, port, _ := net.SplitHostPort(seed)
	args := []string{
		"--seed-host", host, "--seed-port", port, "--monitor", monitor, "--provider", provider,
		"--heartbeat", "50ms", "--gossip", "150ms", "--fail", "500ms", "--generation", "57600", "--config", config,
	}
	_, own, err := net.SplitHostPort(freePort(t))
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf(`{"port": %s, "seed_host": %q, "seed_port": %s}`, own, host, port)
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return startPeerAt(t, "127.0.0.1:"+own, "node", args...)
}

// TestManyEntriesReachAnOriginal: it knows no terse form, so it is sent its own.
func TestManyEntriesReachAnOriginal(t *testing.T) {
	hostport, _ := startPeer(t, "monitor")
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	monitor := wire.Monitor{Client: client, HostPort: hostport}
	vector := gossip.FaultVector{}
	for i := range 100 {
		a := gossip.Address(fmt.Sprintf("node%03d:5000", i))
		vector = append(vector, gossip.Suspicion{Address: a, Suspected: i == 7})
		if err := monitor.Register(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := monitor.UpdateSuspects(t.Context(), vector[3].Address, vector, 1); err != nil {
			t.Fatal(err)
		}
	}
	matrix, err := monitor.SuspectMatrix(t.Context())
	if err != nil || len(matrix) != 100 || matrix[3][7] != 1 || matrix[3][8] != 0 {
		t.Errorf("%v: its matrix of %d does not say that node003 suspects node007", err, len(matrix))
	}
}
