//go:build !unix

package keeper

import (
	"os"
	"syscall"
)

func send(p *os.Process, name string) error {
	if name == Kill {
		return p.Kill()
	}
	return errUnsupported
}

func apart() *syscall.SysProcAttr { return nil }
