package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"gossiprpc/gossipnode/process"
	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/watch"
	"gossiprpc/internal/recording"
	"gossiprpc/internal/viewer"
	"gossiprpc/monitor/core"
	"gossiprpc/provider/registry"
)

// about is what the records, and the harness's diary, say of the whole run. The
// protocol is the zero one where no record tells it.
func (r *Run) about(d clusterDetail) (viewer.Run, protocol.Spec, error) {
	p := protocol.Parameters{Timing: protocol.DefaultTiming(), Aligned: true}
	nodes := 0
	for _, l := range r.lives {
		if d.began(l) {
			nodes++
		}
		if err := l.settings(&p); err != nil {
			return viewer.Run{}, p.Protocol, fmt.Errorf("%s: settings: %w", l.file, err)
		}
	}
	script, err := os.ReadFile(filepath.Join(r.folder, "script.txt"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return viewer.Run{}, p.Protocol, fmt.Errorf("script: %w", err)
	}
	about := watch.About(p, nodes)
	about.Backend, about.Seed = d.Backend, d.Seed
	about.Start, about.Script, about.Name = r.start.Format(time.RFC3339Nano), string(script), filepath.Base(r.folder)
	return about, p.Protocol, nil
}

// settings takes what a process's settings say of its cluster.
func (l *life) settings(p *protocol.Parameters) error {
	switch l.header.Kind {
	case recording.Node:
		var c process.Config
		if err := json.Unmarshal(l.header.Settings, &c); err != nil {
			return err
		}
		p.Timing, p.Aligned, p.Freshness = c.Timing, c.Aligned, c.Freshness
	case recording.Monitor:
		var c core.Config
		if err := json.Unmarshal(l.header.Settings, &c); err != nil {
			return err
		}
		if spec, ok := protocol.ByName(c.Protocol); ok {
			p.Protocol = spec
		}
	case recording.Provider:
		var c registry.Config
		if err := json.Unmarshal(l.header.Settings, &c); err != nil {
			return err
		}
		p.Protocol, _ = protocol.ByName(c.Protocol)
	}
	return nil
}
