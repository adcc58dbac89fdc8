package command_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"gossiprpc/internal/command"
	"gossiprpc/internal/gossip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestSignalsEndTheContext(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a process cannot signal itself there")
	}
	for signal, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 0} {
		ctx, exit := command.WithSignals(t.Context())
		self, err := os.FindProcess(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		if err := self.Signal(signal); err != nil {
			t.Fatal(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(30 * time.Second):
			t.Fatalf("%v: the context has not ended", signal)
		}
		if got := exit(); got != code {
			t.Errorf("%v: exit %d, want %d", signal, got, code)
		}
	}
}

func TestListenSaysItIsReadyOrWhyNot(t *testing.T) {
	var said bytes.Buffer
	first, err := command.Listen(t.Context(), "127.0.0.1", freeAddress(t), &said)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Close() }()
	taken := gossip.Address(first.Addr().String())
	want := "listening on " + string(taken) + " as " + string(taken) + "\n"
	if said.String() != want {
		t.Errorf("said %q, want %q", said.String(), want)
	}
	if _, err := command.Listen(t.Context(), "127.0.0.1", taken, io.Discard); err == nil || !strings.Contains(err.Error(), string(taken)) {
		t.Errorf("a taken port: error %v does not name %s", err, taken)
	}
}

func freeAddress(t *testing.T) gossip.Address {
	t.Helper()
	l, err := command.Listen(t.Context(), "127.0.0.1", "127.0.0.1:0", io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return gossip.Address(l.Addr().String())
}

func TestLines(t *testing.T) {
	var got []string
	for line := range command.Lines(t.Context(), strings.NewReader(" 1 \r\n\nstop")) {
		got = append(got, line)
	}
	if want := []string{"1", "", "stop"}; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestLinesStopsWhenNobodyReads(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	lines := command.Lines(ctx, strings.NewReader("a\nb\nc\n"))
	<-lines
	cancel()
	for range lines { // drains what was read before the end
	}
}
