package main

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"

	"gossiprpc/internal/gossip"
)

const digestFile = "digestList.json"

// writeDigest writes the original's digestList.json: address to [app version,
// generation, heartbeat].
func writeDigest(d gossip.Digest) error {
	list := make(map[gossip.Address][3]int32, len(d))
	for _, e := range d {
		list[e.Address] = [3]int32{e.AppVersion, e.Generation, e.Heartbeat}
	}
	return writeJSON(digestFile, list)
}

// writeConfig leaves the file that a node without --config writes in the
// original. It is for people: a node that cannot write it goes on.
func writeConfig(self, seed gossip.Address, log *slog.Logger) {
	name := fmt.Sprintf("config_%d", self.Port())
	err := writeJSON(name, struct {
		Host     string `json:"host"`
		Port     int    `json:"port"`
		SeedHost string `json:"seed_host"`
		SeedPort int    `json:"seed_port"`
	}{self.Name(), self.Port(), seed.Name(), seed.Port()})
	if err != nil {
		log.Warn("config file not written, going on without", "file", name, "err", err)
	}
}

func writeJSON(name string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode %s: %w", name, err)
	}
	if err := os.WriteFile(name, text, 0o644); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
