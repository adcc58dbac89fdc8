package command

import (
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"gossiprpc/internal/conns"
	"gossiprpc/internal/xmlrpc"
)

// apartFromCalls is what a process may need beside what its connections hold, before
// the garbage collector works harder.
const apartFromCalls = 128 << 20

// ServerOptions are the limits of --max-body, --memory and --connections. The budget
// in them is the process's: its clients share it.
func (f Flags) ServerOptions(log *slog.Logger) (xmlrpc.ServerOptions, error) {
	o := xmlrpc.DefaultServerOptions()
	if f.Memory < xmlrpc.MinMemory {
		return o, fmt.Errorf("--memory %d: want %d or more bytes", f.Memory, xmlrpc.MinMemory)
	}
	if f.Connections < 0 {
		return o, fmt.Errorf("--connections %d: want 1 or more, or 0 for as many as the process's descriptors allow",
			f.Connections)
	}
	if f.Connections > 0 {
		o.Connections = conns.For(f.Connections)
	}
	o.MaxBody, o.Memory, o.Logger = f.MaxBody, xmlrpc.NewMemory(f.Memory), log
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(f.Memory + apartFromCalls)
	}
	if err := o.Validate(); err != nil {
		return o, fmt.Errorf("--max-body: %w", err)
	}
	return o, nil
}
