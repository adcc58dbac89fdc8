package crowd_test

import (
	"bytes"
	"fmt"
	"net"
	"strings"
	"testing"

	"gossiprpc/gossipnode/process"
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/local"
	"gossiprpc/harness/scale/crowd"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve gives orders to a crowd whose monitor and provider do not answer.
func serve(t *testing.T, orders string) (answers string, err error) {
	t.Helper()
	node := process.Config{
		Monitor: "127.0.0.1:1", Provider: "127.0.0.1:1", Timing: protocol.DefaultTiming(), Aligned: true, Connect: true,
	}
	var out bytes.Buffer
	err = crowd.Serve(t.Context(), node, strings.NewReader(orders), &out)
	return out.String(), err
}

func TestOrders(t *testing.T) {
	ports, err := local.FreePorts(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	a, b := ports[0], ports[1]
	answers, err := serve(t, fmt.Sprintf(
		"start %d 127.0.0.1:%d\nstart %d 127.0.0.1:%d\nlook\nkill %d\nlook\nstart %d 127.0.0.1:%d\nlook\n", a, b, b, a, a, a, b))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(answers, "\n")
	for i, running := range map[int]int{2: 2, 4: 1, 6: 2} {
		if want := fmt.Sprintf(`{"running":%d,`, running); !strings.HasPrefix(lines[i], want) {
			t.Errorf("answer %d is %s, want %s...", i+1, lines[i], want)
		}
	}
	for _, port := range ports { // all have ended with the orders
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", string(crowd.Address(port)))
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOrdersThatMakeNoSense(t *testing.T) {
	ports, err := local.FreePorts(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	start := fmt.Sprintf("start %d 127.0.0.1:1\n", ports[0])
	for orders, want := range map[string]string{
		"dance":                   "dance: want start PORT SEED",
		"\n":                      "want start PORT SEED",
		"look twice":              "want start PORT SEED",
		"start 70000 127.0.0.1:1": `"70000": want a port`,
		"start 5000 nowhere":      "nowhere",
		"kill 5000":               "nothing runs at 5000",
		"kill x":                  `"x": want a port`,
		start + start:             "it runs already",
	} {
		if _, err := serve(t, orders); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", orders, err, want)
		}
	}
}

func TestPlus(t *testing.T) {
	a, b := crowd.Summary{Running: 2, Known: 7, Awaits: 1, Sent: 10}, crowd.Summary{Running: 1, Known: 5, Sent: 3}
	want := crowd.Summary{Running: 3, Known: 5, Awaits: 1, Sent: 13}
	if got := a.Plus(b); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got := b.Plus(a); got != want {
		t.Errorf("the other way round %+v, want %+v", got, want)
	}
	if got := (crowd.Summary{}).Plus(a); got != a || a.Plus(crowd.Summary{}) != a {
		t.Errorf("with none %+v, want %+v", got, a)
	}
}
