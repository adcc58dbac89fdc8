//go:build js && wasm

// Command wasm is a steered cluster for a web page's worker, which calls three
// functions of globalThis: simulationAct(json), which answers with what is wrong, as
// JSON, or with ""; simulationAdvance(seconds), which answers with the events since, a
// line each; and simulationPlays(), which tells whether a script runs.
package main

import (
	"encoding/json"
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
		err := cluster.Act([]byte(args[0].String()))
		if err == nil {
			return ""
		}
		wrong, err := json.Marshal(steered.Explain(err))
		if err != nil {
			panic(err)
		}
		return string(wrong)
	}))
	js.Global().Set("simulationPlays", js.FuncOf(func(js.Value, []js.Value) any { return cluster.Playing() }))
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
