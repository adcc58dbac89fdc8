package replay

import (
	"encoding/json"
	"fmt"

	"gossiprpc/gossipnode/process"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/recording"
	"gossiprpc/monitor/core"
	"gossiprpc/provider/registry"
)

// machines makes each kind of process from its settings.
var machines = map[recording.Kind]func(settings json.RawMessage) (machine.Machine, error){
	recording.Node:     builder(process.New),
	recording.Monitor:  builder(core.New),
	recording.Provider: builder(registry.NewProvider),
}

func builder[C any, M machine.Machine](build func(C) (M, error)) func(json.RawMessage) (machine.Machine, error) {
	return func(settings json.RawMessage) (machine.Machine, error) {
		var c C
		if err := json.Unmarshal(settings, &c); err != nil {
			return nil, fmt.Errorf("settings: %w", err)
		}
		return build(c)
	}
}

// rebuild makes the machine that a recording is of, as it was at its start.
func rebuild(h recording.Header) (machine.Machine, error) {
	build, ok := machines[h.Kind]
	if !ok {
		return nil, fmt.Errorf("a process of kind %q is unknown", h.Kind)
	}
	return build(h.Settings)
}
