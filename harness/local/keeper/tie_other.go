//go:build !linux

package keeper

import "os/exec"

func tie(*exec.Cmd) {}
