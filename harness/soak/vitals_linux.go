package soak

import (
	"strings"

	"github.com/prometheus/procfs"
)

// kernel tells a process's open files, how many of them are connections, and the most
// memory that it has had, in bytes.
func kernel(pid int) (files, connections int, peak int64, err error) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return 0, 0, 0, err
	}
	targets, err := p.FileDescriptorTargets()
	if err != nil {
		return 0, 0, 0, err
	}
	for _, t := range targets {
		if strings.HasPrefix(t, "socket:") {
			connections++
		}
	}
	status, err := p.NewStatus()
	if err != nil {
		return 0, 0, 0, err
	}
	return len(targets), connections, int64(status.VmHWM), nil
}
