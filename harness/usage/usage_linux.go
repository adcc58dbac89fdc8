package usage

import (
	"errors"
	"fmt"
	"math"
	"syscall"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// Of tells what a process uses.
func Of(pid int) (Usage, error) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return Usage{}, err
	}
	s, err := p.Stat()
	if err != nil {
		return Usage{}, err
	}
	cpu, err := processor(pid)
	return Usage{CPU: cpu, Memory: int64(s.ResidentMemory())}, err
}

// processor asks a process's clock of processor time (clock_getcpuclockid(3)), threads that have
// ended included: /proc tells it in hundredths of a second only.
func processor(pid int) (time.Duration, error) {
	const schedulers = 2 // CPUCLOCK_SCHED
	var t unix.Timespec
	if err := unix.ClockGettime(^int32(pid)<<3|schedulers, &t); err != nil {
		return 0, fmt.Errorf("processor time of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// Share is the memory of a process, in bytes, of which that it shares with others is counted in
// parts: all processes' shares together are what they hold.
func Share(pid int) (int64, error) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return 0, err
	}
	m, err := p.ProcSMapsRollup()
	return int64(m.Pss), err
}

// Available is how much memory processes may still take, in bytes.
func Available() (int64, error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return 0, err
	}
	m, err := fs.Meminfo()
	if err != nil {
		return 0, err
	}
	if m.MemAvailableBytes == nil {
		return 0, errors.New("/proc/meminfo does not tell what memory is available")
	}
	return int64(*m.MemAvailableBytes), nil
}

// Descriptors is how many files and connections a process may have open.
func Descriptors() (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("getrlimit: %w", err)
	}
	return int(min(limit.Max, math.MaxInt32)), nil // Go raises its own to the most that it may
}
