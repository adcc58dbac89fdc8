// Gossip-keeper is started by the harness and takes orders from it; see package
// keeper. It is of no use by hand.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"runtime"

	"gossiprpc/harness/local/keeper"
)

func main() {
	// The main thread lives as long as the process; see keeper.Serve.
	runtime.LockOSThread()
	// It ends when its input does, not before. Not signal.Ignore: what it starts
	// would inherit that.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	if err := keeper.Serve(os.Stdin, os.Stdout, true); err != nil {
		fmt.Fprintf(os.Stderr, "gossip-keeper: %v\n", err)
		os.Exit(1)
	}
}
