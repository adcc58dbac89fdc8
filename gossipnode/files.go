package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/regular"
)

func write(name string, text []byte) error {
	f, err := regular.OpenFile(name, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// writeConfig leaves the file that a node without --config writes in the
// original. It is for people: a node that cannot write it goes on.
func writeConfig(self, seed gossip.Address, log *slog.Logger) {
	name := fmt.Sprintf("config_%d", self.Port())
	text, err := json.Marshal(struct {
		Host     string `json:"host"`
		Port     int    `json:"port"`
		SeedHost string `json:"seed_host"`
		SeedPort int    `json:"seed_port"`
	}{self.Name(), self.Port(), seed.Name(), seed.Port()})
	if err == nil {
		err = write(name, text)
	}
	if err != nil {
		log.Warn("config file not written, going on without", "file", name, "err", err)
	}
}
