package dashboard

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
)

// view is what the plain page shows.
type view struct {
	Monitor  string
	Error    string // the monitor could not be asked; the rest is empty
	Status   wire.Status
	Original bool // the monitor has no getStatus: ages and reasons are not known
	Alive    int
	Failed   int
	TooWide  bool // the matrix is too large to look at
	Results  string
}

// widestMatrix is how many columns one can still look at.
const widestMatrix = 64

func (d *Dashboard) ask(ctx context.Context) view {
	v := view{Monitor: d.monitor.HostPort}
	status, original, err := d.readStatus(ctx)
	if err != nil {
		return view{Monitor: d.monitor.HostPort, Error: err.Error()}
	}
	v.Original = original
	v.Status = status
	for _, n := range status.Nodes {
		if n.Failed {
			v.Failed++
		} else {
			v.Alive++
		}
	}
	v.TooWide = len(status.Nodes) > widestMatrix
	if v.TooWide {
		v.Status.Matrix = nil
	}
	// A fault means that there are no results yet.
	if text, err := d.monitor.Results(ctx); err == nil {
		v.Results = strings.TrimSpace(strings.ReplaceAll(text, "<br>", "\n"))
	}
	return v
}

// readStatus asks a monitor of either kind, and tells whether it is an original.
func (d *Dashboard) readStatus(ctx context.Context) (s wire.Status, original bool, err error) {
	s, err = d.monitor.Status(ctx)
	if isFault(err) {
		s, err = d.statusOfOriginal(ctx)
		return s, true, err
	}
	return s, false, err
}

// statusOfOriginal puts together what an original monitor can be asked for.
func (d *Dashboard) statusOfOriginal(ctx context.Context) (wire.Status, error) {
	mapping, err := d.monitor.Mapping(ctx)
	if err != nil {
		return wire.Status{}, err
	}
	_, dead, err := d.monitor.AliveDead(ctx)
	if err != nil {
		return wire.Status{}, err
	}
	matrix, err := d.monitor.SuspectMatrix(ctx)
	if err != nil {
		return wire.Status{}, err
	}
	s := wire.Status{Nodes: make([]wire.NodeStatus, len(mapping))}
	for a, i := range mapping {
		if i < 0 || i >= len(mapping) {
			return wire.Status{}, fmt.Errorf("index %d of %s, want 0 to %d", i, a, len(mapping)-1)
		}
		s.Nodes[i] = wire.NodeStatus{Address: a, Failed: slices.Contains(dead, a), HeartbeatAge: -1, Observers: len(mapping) - 1}
	}
	// Nodes may have joined between the answers.
	n := min(len(matrix), len(s.Nodes))
	for i := range n {
		row := gossip.NewBits(len(s.Nodes))
		for j := range min(n, len(matrix[i])) {
			if matrix[i][j] != 1 {
				continue
			}
			row.Add(j)
			if i != j {
				s.Nodes[j].Suspecting++
			}
		}
		s.Matrix = append(s.Matrix, row)
	}
	return s, nil
}

// Cells is for templates: whether a row's observer suspects each node.
func (v view) Cells(i int) []bool {
	cells := make([]bool, len(v.Status.Nodes))
	for j := range cells {
		cells[j] = v.Status.Matrix[i].Has(j)
	}
	return cells
}

// Name is for templates: a matrix row's observer.
func (v view) Name(i int) gossip.Address { return v.Status.Nodes[i].Address }

// Mute is for templates: whether a row's observer has no say now.
func (v view) Mute(i int) bool { return !v.Original && !v.Status.Nodes[i].Eligible }

func age(d time.Duration) string {
	if d < 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
