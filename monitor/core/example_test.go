package core_test

import (
	"fmt"
	"time"

	"gossiprpc/internal/machine"
	"gossiprpc/monitor/core"
)

// A node registers, and somebody asks at the menu who is there.
func ExampleCore_Step() {
	monitor, err := core.New(core.DefaultConfig())
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, event := range []machine.Event{
		machine.Called{Request: machine.Register{Node: "node1:5000"}},
		machine.Line{Text: "status"},
	} {
		for _, effect := range monitor.Step(now, event) {
			switch e := effect.(type) {
			case machine.Reply:
				fmt.Printf("reply, fault %q\n", e.Fault)
			case machine.Log:
				fmt.Printf("log %s\n", e.Text)
			case machine.Print:
				fmt.Printf("%.60s...\n", e.Text)
			}
		}
	}
	next, due := monitor.Deadline()
	fmt.Println("tick in", next.Sub(now), due)
	// Output:
	// log joined
	// reply, fault ""
	// 1 nodes: 1 alive, 0 failed
	// node1:5000  alive  no heartbeat y...
	// tick in 10s true
}
