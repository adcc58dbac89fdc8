package core

import (
	"fmt"
	"path"

	"gossiprpc/internal/machine"
	"gossiprpc/internal/wire/statesfile"
)

// collect writes what the original's collect does: every node's last state map
// to states.json, and the join order to ip_mapping.json. The menu comes back when
// both are written.
func (c *Core) collect() error {
	nodes := make([]statesfile.Node, c.state.Len())
	for i := range nodes {
		a := c.state.At(i).Address
		nodes[i] = statesfile.Node{Address: a, States: c.state.States(a)}
	}
	states, mapping, err := statesfile.Encode(nodes, c.zone)
	if err != nil {
		return fmt.Errorf("collect %w", err)
	}
	files := []machine.Write{
		{File: path.Join(c.config.Directory, "states.json"), Data: states},
		{File: path.Join(c.config.Directory, "ip_mapping.json"), Data: mapping},
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
