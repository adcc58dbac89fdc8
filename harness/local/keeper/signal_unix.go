//go:build unix

package keeper

import (
	"fmt"
	"os"
	"syscall"
)

func send(p *os.Process, name string) error {
	switch name {
	case Kill:
		return p.Kill()
	case Interrupt:
		return p.Signal(syscall.SIGINT)
	case Stop:
		return p.Signal(syscall.SIGSTOP)
	case Continue:
		return p.Signal(syscall.SIGCONT)
	}
	return fmt.Errorf("unknown signal %q", name)
}

// apart keeps a Ctrl-C at the terminal from reaching the cluster: the harness
// ends it in order.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
