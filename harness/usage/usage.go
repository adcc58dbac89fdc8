// Package usage tells what processes of this machine use.
package usage

import "time"

// Usage is what a process has used since it began, and holds now.
type Usage struct {
	CPU    time.Duration // processor time, its own and the kernel's for it
	Memory int64         // resident, bytes
}
