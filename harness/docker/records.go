package docker

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// recordFile is where the run's folder keeps the flight record of a process's
// present life; empty where there is none.
func (c *cluster) recordFile(p *process) string {
	if p.other {
		return ""
	}
	return c.spec.RecordFile(p.name, p.lives)
}

// recordName is the same file in the container.
func recordName(life int) string { return fmt.Sprintf("life-%d.rec", life) }

// fetchRecords copies the records of all lives out of the containers.
func (c *cluster) fetchRecords(ctx context.Context) error {
	var failed error
	for _, p := range c.processes {
		if p.other || p.container == "" {
			continue
		}
		for life := 1; life <= p.lives; life++ {
			failed = errors.Join(failed, c.fetchRecord(ctx, p, life))
		}
	}
	return failed
}

func (c *cluster) fetchRecord(ctx context.Context, p *process, life int) error {
	file := c.spec.RecordFile(p.name, life)
	if file == "" {
		return nil
	}
	record, err := c.read(ctx, p.name, recordName(life))
	if err != nil || record == nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, record, 0o644)
}
