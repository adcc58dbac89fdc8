package recording_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"gossiprpc/internal/machine"
	"gossiprpc/internal/recording"
)

// TestMain is also the process that TestAKilledProcessLeavesWholeRecords kills.
func TestMain(m *testing.M) {
	if path := os.Getenv("RECORD_UNTIL_KILLED"); path != "" {
		if err := recordUntilKilled(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	goleak.VerifyTestMain(m)
}

// recordUntilKilled steps a machine whenever a line comes in, and says how often
// it has.
func recordUntilKilled(path string) error {
	f, err := recording.Create(path)
	if err != nil {
		return err
	}
	return f.While(func() error {
		r := recording.Wrap(&parrot{}, f, header(), 0)
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			for range 1000 {
				r.Step(time.Now(), machine.Line{Text: lines.Text()})
			}
			fmt.Println("stepped")
		}
		return r.Err()
	})
}

func TestAKilledProcessLeavesWholeRecords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "killed.rec")
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), "RECORD_UNTIL_KILLED="+path)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	for i := range 20 {
		fmt.Fprintln(in, "batch", i)
		if !said.Scan() {
			t.Fatal("the process has ended")
		}
	}
	// All but what the last moment brought is to reach the file by itself.
	waitFor(t, "20,000 records", func() bool { return countRecords(t, path) == 20_000 })
	fmt.Fprintln(in, "the last batch")
	if !said.Scan() {
		t.Fatal("the process has ended")
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("the process was not killed: %v", err)
	}
	if n := countRecords(t, path); n < 20_000 || n > 21_000 {
		t.Errorf("%d records, want 20,000 to 21,000", n)
	}
}

// countRecords reads a file that its process has not ended itself.
func countRecords(t *testing.T, path string) int {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	all, end, err := read(file)
	if end.Proper || err != nil && len(all) > 0 {
		t.Fatalf("%d records, end %+v, error %v", len(all), end, err)
	}
	return len(all)
}

func waitFor(t *testing.T, what string, is func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(30 * time.Second); !is(); {
		select {
		case <-end:
			t.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}

func TestCreateTakesRegularFilesOnly(t *testing.T) {
	dir := t.TempDir()
	for path, want := range map[string]string{
		dir: "no regular file", os.DevNull: "no regular file", filepath.Join(dir, "none", "x"): "no such file",
	} {
		if _, err := recording.Create(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", path, err, want)
		}
	}
	path := filepath.Join(dir, "x.rec")
	for range 2 { // the second takes the place of the first
		f, err := recording.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.While(func() error {
			r := recording.Wrap(&parrot{}, f, header(), 0)
			r.Step(time.Now(), machine.Start{})
			r.End("")
			return r.Err()
		}); err != nil || f.Err() != nil {
			t.Fatal(err, f.Err())
		}
		file, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if all, end, err := read(file); len(all) != 1 || !end.Proper || end.Why != "" || err != nil {
			t.Errorf("%d records, end %+v, error %v", len(all), end, err)
		}
	}
}

// memoryDisk is a disk with so much room whose writes may have to wait.
type memoryDisk struct {
	bytes.Buffer
	room   int
	wait   <-chan struct{} // nil: nothing to wait for
	closed bool
}

func (d *memoryDisk) Write(b []byte) (int, error) {
	if d.wait != nil {
		<-d.wait
	}
	if n := d.room - d.Len(); n < len(b) {
		d.Buffer.Write(b[:n])
		return n, syscall.ENOSPC
	}
	return d.Buffer.Write(b)
}

func (d *memoryDisk) Seek(offset int64, _ int) (int64, error) {
	if offset != int64(d.Len()) {
		return 0, errors.New("a hole")
	}
	return offset, nil
}

func (d *memoryDisk) Truncate(size int64) error {
	d.Buffer.Truncate(int(size))
	return nil
}

func (d *memoryDisk) Close() error {
	d.closed = true
	return nil
}

// flood steps a recorded machine with lines of a kilobyte, and returns the texts
// that it logs.
func flood(f *recording.File, steps int, between func()) (logged []string) {
	p := &parrot{}
	r := recording.Wrap(p, f, header(), 0)
	line := machine.Line{Text: strings.Repeat("x", 1000)}
	for range steps {
		for _, effect := range r.Step(time.Now(), line) {
			if l, ok := effect.(machine.Log); ok {
				logged = append(logged, l.Text+": "+l.Fields[0].Value)
			}
		}
		between()
	}
	r.End("")
	if p.steps != steps {
		logged = append(logged, "the machine made "+strconv.Itoa(p.steps)+" steps")
	}
	return logged
}

func TestAFullDiskEndsTheRecording(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &memoryDisk{room: 100_500}
		f := recording.NewFile(d)
		var logged []string
		if err := f.While(func() error {
			logged = flood(f, 500, func() { <-time.After(time.Millisecond) })
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if len(logged) != 1 || !strings.Contains(logged[0], "no space left") {
			t.Errorf("logged %q", logged)
		}
		all, end, err := read(d.Bytes())
		if err != nil || !end.Proper || !strings.Contains(end.Why, "no space left") || len(all) == 0 || len(all) >= 100 {
			t.Errorf("%d records, end %+v, error %v", len(all), end, err)
		}
		if !errors.Is(f.Err(), syscall.ENOSPC) || !d.closed {
			t.Errorf("error %v, closed %v", f.Err(), d.closed)
		}
	})
}

func TestASlowDiskHoldsNothingUp(t *testing.T) {
	wait := make(chan struct{})
	d := &memoryDisk{room: 1 << 30, wait: wait}
	f := recording.NewFile(d)
	var logged []string
	if err := f.While(func() error {
		logged = flood(f, 2*recording.MaxWaiting/1000, func() {}) // ends though no write does
		close(wait)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(logged) != 1 || !strings.Contains(logged[0], "does not keep up") {
		t.Errorf("logged %q", logged)
	}
	all, end, err := read(d.Bytes())
	if err != nil || !end.Proper || end.Why != recording.ErrBehind.Error() || len(all) < recording.MaxWaiting/1100 {
		t.Errorf("%d records, end %+v, error %v", len(all), end, err)
	}
	if d.Len() > 2*recording.MaxWaiting+1<<17 {
		t.Errorf("%d bytes were kept", d.Len())
	}
}

var _ io.Writer = (*recording.File)(nil)
