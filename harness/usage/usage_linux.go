package usage

import (
	"errors"
	"fmt"
	"math"
	"syscall"
	"time"

	"github.com/prometheus/procfs"
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
	return Usage{CPU: time.Duration(s.CPUTime() * float64(time.Second)), Memory: int64(s.ResidentMemory())}, nil
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
