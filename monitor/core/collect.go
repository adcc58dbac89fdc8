package core

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
)

// collect writes what the original's collect does: every node's last state map
// to states.json, and the join order to ip_mapping.json. The menu comes back when
// both are written.
func (c *Core) collect() error {
	states, mapping := object{}, object{}
	for i := range c.state.Len() {
		a := c.state.At(i).Address
		mapping.add(a, i)
		if m := c.state.States(a); m != nil {
			states.add(a, statesOf(m, c.zone))
		}
	}
	var files []machine.Write
	for _, f := range []struct {
		name string
		is   object
	}{{"states.json", states}, {"ip_mapping.json", mapping}} {
		text, err := json.Marshal(f.is)
		if err != nil {
			return fmt.Errorf("collect %s: %w", f.name, err)
		}
		files = append(files, machine.Write{File: path.Join(c.config.Directory, f.name), Data: text})
	}
	c.write(files, func(failures []string) {
		for _, why := range failures {
			c.printf("collect: %s\n", why)
		}
		if len(failures) == 0 {
			c.printf("states.json and ip_mapping.json written\n")
		}
		c.prompt()
	})
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
