package service

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gossiprpc/internal/gossip"
	"gossiprpc/monitor/consensus"
)

// Collect writes what the original's collect does: every node's last state map
// to states.json, and the join order to ip_mapping.json. One that cannot be
// written does not keep the other from being tried.
func (s *Service) Collect(ctx context.Context) error {
	var nodes []consensus.Node
	maps := map[gossip.Address]gossip.StateMap{}
	err := s.do(ctx, func(c *core) {
		nodes = c.state.Nodes()
		for _, n := range nodes {
			if m := c.state.States(n.Address); m != nil {
				maps[n.Address] = m
			}
		}
	})
	if err != nil {
		return err
	}
	states, mapping := object{}, object{}
	for _, n := range nodes {
		mapping.add(n.Address, n.Index)
		if m, ok := maps[n.Address]; ok {
			states.add(n.Address, statesOf(m))
		}
	}
	return errors.Join(s.dump("states.json", states), s.dump("ip_mapping.json", mapping))
}

func (s *Service) dump(name string, o object) error {
	text, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("collect %s: %w", name, err)
	}
	if err := os.WriteFile(filepath.Join(s.options.Directory, name), text, 0o644); err != nil {
		return fmt.Errorf("collect: %w", err)
	}
	return nil
}

// object is a JSON object that keeps its order, as a Python dict does.
type object []member

type member struct {
	name  gossip.Address
	value any
}

func (o *object) add(name gossip.Address, value any) { *o = append(*o, member{name, value}) }

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

func statesOf(m gossip.StateMap) object {
	o := object{}
	for _, s := range m {
		var e endpoint
		e.HeartBeat.Value, e.HeartBeat.Generation = s.Heartbeat, s.Generation
		e.AppState.Address, e.AppState.Version, e.AppState.Status = s.Address, s.AppVersion, s.Status
		e.Updated = s.Updated.Local().Format("2006-01-02 15:04:05.000000")
		o.add(s.Address, e)
	}
	return o
}
