// Package statesfile is the form of the files that the original's `collect` writes:
// states.json, every node's last state map, and ip_mapping.json, the join order. Both
// are JSON objects that keep their order, as a Python dict does.
package statesfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"gossiprpc/internal/gossip"
)

// Node is one node of the two files.
type Node struct {
	Address gossip.Address
	States  gossip.StateMap // the last that it has reported; nil: none yet
}

// Encode returns both files for nodes in join order. Times are told in the zone.
func Encode(nodes []Node, zone *time.Location) (states, mapping []byte, err error) {
	all, order := object{}, object{}
	for i, n := range nodes {
		order.add(n.Address, i)
		if n.States != nil {
			all.add(n.Address, statesOf(n.States, zone))
		}
	}
	if states, err = json.Marshal(all); err != nil {
		return nil, nil, fmt.Errorf("states.json: %w", err)
	}
	if mapping, err = json.Marshal(order); err != nil {
		return nil, nil, fmt.Errorf("ip_mapping.json: %w", err)
	}
	return states, mapping, nil
}

// Generations reads of states.json for each node the generations of the endpoints
// that it last reported. It returns an error for half a file, which is what one reads
// while the monitor is still writing.
func Generations(states []byte) (map[gossip.Address]map[gossip.Address]int64, error) {
	var all map[gossip.Address]map[gossip.Address]struct {
		HeartBeat struct {
			Generation int64 `json:"generation"`
		} `json:"heartBeat"`
	}
	if err := json.Unmarshal(states, &all); err != nil {
		return nil, fmt.Errorf("states.json: %w", err)
	}
	out := make(map[gossip.Address]map[gossip.Address]int64, len(all))
	for node, endpoints := range all {
		out[node] = make(map[gossip.Address]int64, len(endpoints))
		for a, e := range endpoints {
			out[node][a] = e.HeartBeat.Generation
		}
	}
	return out, nil
}

// object is a JSON object that keeps its order.
type object []member

type member struct {
	name  gossip.Address
	value any
}

func (o *object) add(name gossip.Address, value any) { *o = append(*o, member{name, value}) }

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// endpoint is one state as the original's file has it.
type endpoint struct {
	HeartBeat struct {
		Value      int32 `json:"heartBeatValue"`
		Generation int32 `json:"generation"`
	} `json:"heartBeat"`
	AppState struct {
		Address gossip.Address `json:"IP_Port"`
		Version int32          `json:"App_version"`
		Status  string         `json:"App_status"`
	} `json:"appState"`
	Updated string `json:"last_updated_time"`
}

func statesOf(m gossip.StateMap, zone *time.Location) object {
	o := object{}
	for _, s := range m {
		var e endpoint
		e.HeartBeat.Value, e.HeartBeat.Generation = s.Heartbeat, s.Generation
		e.AppState.Address, e.AppState.Version, e.AppState.Status = s.Address, s.AppVersion, s.Status
		e.Updated = s.Updated.In(zone).Format("2006-01-02 15:04:05.000000")
		o.add(s.Address, e)
	}
	return o
}
