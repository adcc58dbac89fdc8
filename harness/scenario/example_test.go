package scenario_test

import (
	"context"
	"fmt"
	"os"

	"gossiprpc/harness/scenario"
	"gossiprpc/harness/sim"
)

// A scenario is a small script; here it runs in virtual time.
func ExampleRun() {
	runs, err := os.MkdirTemp("", "runs")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(runs)
	o := scenario.DefaultOptions()
	o.Backend, o.Runs, o.Seed = sim.Backend{}, runs, 7
	out, err := scenario.Run(context.Background(), o, "one-dies.txt", []byte(`
cluster 8 rr
await joined
kill node8
menu 1
await results
expect victims node8
expect within bound
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(out.Verdict, out.Cases[0].Victims)
	// Output: pass [node8]
}
