//go:build unix

package regular

import "syscall"

// atOnce has opening a pipe return when nobody is at its other end.
const atOnce = syscall.O_NONBLOCK
