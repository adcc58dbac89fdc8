package attacks

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

// TestDiskIsAway: a result that cannot be written, because the file system has become
// read-only, is full or takes for ever, is kept, and written once when it can be. The monitor
// is real, and so are the file systems, small ones, which take root to make; the nodes are
// calls.
func TestDiskIsAway(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("mounts a file system: needs root")
	}
	for _, c := range []struct {
		name  string
		mount func(t *testing.T, dir string)
		fault func(t *testing.T, dir string) (mend func())
		says  string
	}{
		{"read-only", inMemory, readOnly, "not written yet, trying again: "},
		{"full", inMemory, full, "not written yet, trying again: "},
		{"slow", onDisk, frozen, "not written yet, the disk has not taken it for 5s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			c.mount(t, dir)
			results := filepath.Join(dir, "results.txt")
			p := start(t, "", "monitor", "--results", results, "--heartbeat", "100ms", "--gossip", "300ms", "--fail", "1s")
			mend := c.fault(t, dir)
			playOneDeath(t, p)
			await(t, "the menu says that the result is not written", func() bool {
				said, err := os.ReadFile(p.stdout)
				return err == nil && bytes.Contains(said, []byte(c.says))
			})
			if block, err := os.ReadFile(results); len(block) > 0 {
				t.Fatalf("while nothing can be written the file has %q, %v", block, err)
			}
			mend()
			await(t, "the result is written", func() bool {
				said, err := os.ReadFile(p.stdout)
				return err == nil && bytes.Contains(said, []byte("results.jsonl: written")) && bytes.Contains(said, []byte("results.txt: written"))
			})
			block, err := os.ReadFile(results)
			if err != nil || strings.Count(string(block), "Consensus Achieved") != 1 {
				t.Errorf("results.txt has %q, %v", block, err)
			}
			line, err := os.ReadFile(filepath.Join(dir, "results.jsonl"))
			if err != nil || !json.Valid(line) {
				t.Errorf("results.jsonl has %q, %v", line, err)
			}
		})
	}
}

func inMemory(t *testing.T, dir string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64k"); err != nil {
		t.Fatal(err)
	}
	unmountAfter(t, dir)
}

// onDisk is a file system that can be frozen, which one in memory can't.
func onDisk(t *testing.T, dir string) {
	t.Helper()
	image := filepath.Join(t.TempDir(), "disk")
	if err := os.WriteFile(image, make([]byte, 4<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "mkfs.ext4", "-q", image)
	run(t, "mount", "-o", "loop", image, dir)
	unmountAfter(t, dir)
}

func unmountAfter(t *testing.T, dir string) {
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

func readOnly(t *testing.T, dir string) (mend func()) {
	t.Helper()
	remount := func(flags uintptr) {
		if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|flags, ""); err != nil {
			t.Fatal(err)
		}
	}
	remount(syscall.MS_RDONLY)
	return func() { remount(0) }
}

func full(t *testing.T, dir string) (mend func()) {
	t.Helper()
	ballast := filepath.Join(dir, "ballast")
	f, err := os.Create(ballast)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Write(make([]byte, 512))
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(ballast); err != nil {
			t.Fatal(err)
		}
	}
}

// frozen has every write take for as long as nobody mends it: whoever writes cannot even be
// killed meanwhile.
func frozen(t *testing.T, dir string) (mend func()) {
	t.Helper()
	run(t, "fsfreeze", "-f", dir)
	thaw := sync.OnceFunc(func() { run(t, "fsfreeze", "-u", dir) })
	t.Cleanup(thaw)
	return thaw
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	// Not by the test's context, which has ended when cleanups run.
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
}

// await waits until a condition holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	limit := time.After(patience)
	for !holds() {
		select {
		case <-look.C:
		case <-limit:
			t.Fatalf("in vain: %s", what)
		}
	}
}

// playOneDeath has three nodes call a monitor until the test ends, types case 1, and has one
// of them fall silent once all three are alive.
func playOneDeath(t *testing.T, p process) {
	t.Helper()
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		t.Fatal(err)
	}
	monitor := wire.Monitor{Client: client, HostPort: p.address}
	nodes := []gossip.Address{"n1:1", "n2:1", "n3:1"}
	for _, n := range nodes {
		if err := monitor.Register(t.Context(), n); err != nil {
			t.Fatal(err)
		}
	}
	tell := func(ctx context.Context, dies bool) {
		for _, n := range nodes {
			if dies && n == nodes[2] {
				continue
			}
			var v gossip.FaultVector
			for _, other := range nodes {
				v = append(v, gossip.Suspicion{Address: other, Suspected: dies && other == nodes[2]})
			}
			if err := monitor.Heartbeat(ctx, n); err != nil && ctx.Err() == nil {
				t.Errorf("heartbeat: %v", err)
			}
			if err := monitor.UpdateSuspects(ctx, n, v, 1); err != nil && ctx.Err() == nil {
				t.Errorf("vector: %v", err)
			}
		}
	}
	tell(t.Context(), false)
	if _, err := p.stdin.Write([]byte("1\n")); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var calls sync.WaitGroup
	calls.Go(func() {
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for ctx.Err() == nil {
			tell(ctx, true)
			<-tick.C
		}
	})
	t.Cleanup(func() {
		stop()
		calls.Wait()
		client.Close()
	})
}
