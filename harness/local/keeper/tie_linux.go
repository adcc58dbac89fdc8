package keeper

import (
	"os/exec"
	"syscall"
)

// tie has the kernel kill the process when the thread that started it ends,
// which is why [Serve] wants the main thread for it.
func tie(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
