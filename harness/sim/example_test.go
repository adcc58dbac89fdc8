package sim_test

import (
	"fmt"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/sim"
)

// A cluster of eight nodes in virtual time: one of them dies, and the monitor
// finds it within the bound. The same seed always gives the same run.
func Example() {
	rr, _ := protocol.ByName("rr")
	c := sim.DefaultConfig(rr)
	w, err := sim.New(c)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("joined:", w.AwaitJoined(time.Minute))
	w.Kill("node3")
	failed := func() bool {
		n, _ := w.Monitor().Node(w.Address("node3"))
		return n.Failed
	}
	fmt.Println("found within the bound:", w.RunUntil(failed, c.DetectionBound(c.Nodes, 1)))
	// Output:
	// joined: true
	// found within the bound: true
}
