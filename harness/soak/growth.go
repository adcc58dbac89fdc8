package soak

import "fmt"

// Vitals are one process's numbers at an instant. All but Goroutines and Memory are the
// kernel's.
type Vitals struct {
	Goroutines  int
	Files       int   // open files of all kinds, connections among them
	Connections int   // sockets, those that listen among them
	Memory      int64 // bytes that live, as far as the last garbage collection could tell
	Peak        int64 // bytes of memory that the process has had at most in its life
}

// mb is 2^20 bytes.
const mb = 1 << 20

// By so much a process may have grown from the calm before the first fault to the calm
// after the last. Kept connections come and go: a node keeps one or a few to each of its
// peers, and each has two goroutines at either end. So what grows with time, not
// with the cluster's size, goes beyond these soon.
const (
	moreMemory = 16 * mb
	mostPeak   = 320 * mb // of a whole life, whatever the liar sends: the calls' budget is 128 MiB
)

// moreConnections and moreGoroutines are bounds for a cluster of so many processes.
func moreConnections(processes int) int { return 2 * processes }

func moreGoroutines(processes int) int { return 2 * moreConnections(processes) }

// grown lists what has grown beyond its bound.
func grown(name string, before, after Vitals, processes int) []string {
	var over []string
	for _, c := range []struct {
		what          string
		before, after int
		most          int
	}{
		{"goroutines", before.Goroutines, after.Goroutines, moreGoroutines(processes)},
		{"open files", before.Files, after.Files, moreConnections(processes)},
		{"connections", before.Connections, after.Connections, moreConnections(processes)},
		{"MB of live memory", int(before.Memory / mb), int(after.Memory / mb), moreMemory / mb},
	} {
		if c.after > c.before+c.most {
			over = append(over, fmt.Sprintf("%s: from %d to %d %s, want at most %d more",
				name, c.before, c.after, c.what, c.most))
		}
	}
	return append(over, gorged(name, after)...)
}

// gorged says that a process has once taken too much.
func gorged(name string, v Vitals) []string {
	if v.Peak <= mostPeak {
		return nil
	}
	return []string{fmt.Sprintf("%s: %d MB of memory once, want at most %d", name, v.Peak/mb, mostPeak/mb)}
}
