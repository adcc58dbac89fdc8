//go:build !linux

package usage

import (
	"fmt"
	"runtime"
)

// Of tells what a process uses.
func Of(int) (Usage, error) { return Usage{}, unknown() }

// Share is the memory of a process, its part of what it shares included.
func Share(int) (int64, error) { return 0, unknown() }

// Available is how much memory processes may still take, in bytes.
func Available() (int64, error) { return 0, unknown() }

func unknown() error { return fmt.Errorf("%s has no /proc to read it from", runtime.GOOS) }

// Descriptors is how many files and connections a process may have open.
func Descriptors() (int, error) { return 0, unknown() }
