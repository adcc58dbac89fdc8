package process_test

import (
	"fmt"
	"time"

	"gossiprpc/gossipnode/process"
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/internal/machine"
)

// A node is driven by events and says by effects what it wants done.
func ExampleProcess_Step() {
	node, err := process.New(process.Config{
		Self: "node1:5000", Seed: "node2:5000", Monitor: "monitor-node:8000", Provider: "provider-node:9000",
		Timing: protocol.DefaultTiming(), Aligned: true, Connect: true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Unix(1_800_000_000, 0)
	show := func(effects []machine.Effect) (last machine.Call) {
		for _, e := range effects {
			if c, ok := e.(machine.Call); ok {
				fmt.Printf("%T to %s\n", c.Request, c.To)
				last = c
			}
		}
		return last
	}
	register := show(node.Step(now, machine.Start{}))
	fmt.Println("the monitor answers")
	join := show(node.Step(now.Add(time.Millisecond), machine.Ended{ID: register.ID}))
	fmt.Println("the provider answers: protocol 2")
	show(node.Step(now.Add(2*time.Millisecond), machine.Ended{ID: join.ID, Answer: machine.Answer{Protocol: 2}}))
	// Output:
	// machine.Register to monitor-node:8000
	// the monitor answers
	// machine.Join to provider-node:9000
	// the provider answers: protocol 2
	// machine.Members to provider-node:9000
	// machine.Message to node2:5000
	// machine.States to monitor-node:8000
}
