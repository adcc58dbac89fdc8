//go:build js && wasm

// Command wasm is a steered cluster for a web page's worker, which calls two
// functions of globalThis: simulationAct(json), which answers with what is wrong or
// "", and simulationAdvance(seconds), which answers with the events since, a line each.
package main

import (
	"syscall/js"
	"time"

	"gossiprpc/harness/sim/steered"
	"gossiprpc/internal/viewer"
)

func main() {
	var lines []byte
	var damaged error
	cluster := steered.New(func(at time.Duration, e viewer.Event) {
		more, err := viewer.AppendLine(lines, at, e)
		if err != nil {
			damaged = err
			return
		}
		lines = more
	})
	js.Global().Set("simulationAct", js.FuncOf(func(_ js.Value, args []js.Value) any {
		if err := cluster.Act([]byte(args[0].String())); err != nil {
			return err.Error()
		}
		return ""
	}))
	js.Global().Set("simulationAdvance", js.FuncOf(func(_ js.Value, args []js.Value) any {
		cluster.Advance(time.Duration(args[0].Float() * float64(time.Second)))
		if damaged != nil {
			panic(damaged) // the worker tells the page that the simulation has ended
		}
		text := string(lines)
		lines = lines[:0]
		return text
	}))
	select {}
}
