//go:build !linux

package soak

import (
	"fmt"
	"runtime"
)

func kernel(int) (files, connections int, peak int64, err error) {
	return 0, 0, 0, fmt.Errorf("%s has no /proc to count open files in", runtime.GOOS)
}
