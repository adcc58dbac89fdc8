package dashboard

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/viewer"
	"gossiprpc/internal/wire"
)

// pollEvery is how often a monitor is asked that does not tell by itself.
const pollEvery = time.Second

// poller makes a stream of what a monitor answers when it is asked again and again.
// It belongs to one goroutine.
type poller struct {
	ask    func(context.Context) (wire.Status, error)
	stream *viewer.Stream
	began  time.Time

	now   time.Duration
	away  bool
	asked time.Duration // when the last answer came
	nodes map[gossip.Address]wire.NodeStatus
	cells map[[2]gossip.Address]bool
	last  wire.Status // of which cells are
	deaf  string
	title string // of the running case; empty: none
	waits string
}

func newPoller(hub *viewer.Hub, ask func(context.Context) (wire.Status, error)) *poller {
	p := &poller{ask: ask, stream: viewer.NewStream(hub.Put), began: time.Now()}
	p.stream.Put(0, viewer.Run{
		Version: viewer.Version, Source: viewer.Monitored, Start: p.began.Format(time.RFC3339Nano),
	})
	p.forget()
	return p
}

func (p *poller) forget() {
	p.nodes, p.cells = map[gossip.Address]wire.NodeStatus{}, map[[2]gossip.Address]bool{}
	p.last = wire.Status{}
	p.deaf, p.title, p.waits = "", "", ""
}

// poll asks once and tells what has changed.
func (p *poller) poll(ctx context.Context) {
	s, err := p.ask(ctx)
	if ctx.Err() != nil {
		return
	}
	p.now = time.Since(p.began)
	switch {
	case err != nil && !p.away:
		p.put(viewer.Away{Text: err.Error()})
	case err == nil && p.away:
		p.put(viewer.Away{})
	}
	if p.away = err != nil; !p.away {
		p.compare(s)
		p.asked = p.now
	}
}

func (p *poller) put(e viewer.Event) { p.stream.Put(p.now, e) }

func (p *poller) node(a gossip.Address) int { return p.stream.Node(p.now, a) }

func (p *poller) compare(s wire.Status) {
	if p.restarted(s) {
		p.forget()
		p.put(viewer.Start{Who: "monitor", Life: 1})
	}
	for _, n := range s.Nodes {
		p.node(n.Address)
	}
	p.matrix(s)
	for _, n := range s.Nodes {
		p.compareNode(n, s)
	}
	p.dropped(s)
	if s.Deaf != p.deaf {
		p.deaf = s.Deaf
		p.put(viewer.Deaf{Text: s.Deaf})
	}
	p.compareCase(s)
}

// restarted tells whether the monitor must have begun anew: some node's incarnations
// are fewer than they were.
func (p *poller) restarted(s wire.Status) bool {
	for _, n := range s.Nodes {
		if n.Incarnation < p.nodes[n.Address].Incarnation {
			return true
		}
	}
	return len(s.Nodes) == 0 && len(p.nodes) > 0
}

func (p *poller) matrix(s wire.Status) {
	before := p.last
	p.last = s
	same := slices.EqualFunc(s.Nodes, before.Nodes, func(a, b wire.NodeStatus) bool { return a.Address == b.Address })
	for i, row := range s.Matrix {
		if same && i < len(before.Matrix) && bytes.Equal(row, before.Matrix[i]) {
			continue
		}
		for j := range s.Nodes {
			pair := [2]gossip.Address{s.Nodes[i].Address, s.Nodes[j].Address}
			suspects := row.Has(j)
			if suspects == p.cells[pair] {
				continue
			}
			p.put(viewer.Cell{By: p.node(pair[0]), Of: p.node(pair[1]), Suspect: suspects})
			if suspects {
				p.cells[pair] = true
			} else {
				delete(p.cells, pair)
			}
		}
	}
}

func (p *poller) compareNode(n wire.NodeStatus, s wire.Status) {
	before := p.nodes[n.Address]
	p.nodes[n.Address] = n
	i := p.node(n.Address)
	if n.Incarnation > max(1, before.Incarnation) {
		p.put(viewer.Start{Who: viewer.NameOf(n.Address), Node: &i, Life: n.Incarnation})
	}
	if n.HeartbeatAge >= 0 && (p.asked == 0 || n.HeartbeatAge < p.now-p.asked) {
		p.put(viewer.Beat{Node: i})
	}
	if n.Eligible != before.Eligible {
		p.put(viewer.Voice{Node: i, Eligible: n.Eligible})
	}
	if n.Failed != before.Failed {
		v := viewer.Verdict{Node: i, Failed: n.Failed, By: []int{}}
		for _, o := range s.Nodes {
			if o.Address != n.Address && o.Eligible && p.cells[[2]gossip.Address{o.Address, n.Address}] == n.Failed {
				v.By = append(v.By, p.node(o.Address))
			}
		}
		p.put(v)
	}
}

// dropped tells of nodes that the monitor does not list any more.
func (p *poller) dropped(s wire.Status) {
	listed := map[gossip.Address]bool{}
	for _, n := range s.Nodes {
		listed[n.Address] = true
	}
	for _, a := range p.stream.Known() {
		if _, known := p.nodes[a]; known && !listed[a] {
			p.put(viewer.Gone{Node: p.node(a)})
			delete(p.nodes, a)
			for pair := range p.cells {
				if pair[0] == a || pair[1] == a {
					delete(p.cells, pair)
				}
			}
		}
	}
}

// compareCase tells of test cases by the title that the monitor gives them. What one
// ended with is only in its results.
func (p *poller) compareCase(s wire.Status) {
	if s.Running != p.title {
		if p.title != "" {
			p.put(viewer.Case{Number: caseNumber(p.title), What: viewer.CaseEnds})
		}
		if s.Running != "" {
			p.put(viewer.Case{Number: caseNumber(s.Running), What: viewer.CaseBegins})
		}
		p.title, p.waits = s.Running, ""
	}
	if s.Running != "" && s.Waiting != p.waits {
		p.waits = s.Waiting
		p.put(viewer.Case{Number: caseNumber(s.Running), What: viewer.CaseWaits, Waiting: s.Waiting})
	}
}

// caseTitles are a word of each case's title that no other has, in the order of the
// menu.
var caseTitles = []string{"Single", "Simultaneous", "becomes Alive"}

// caseNumber is a case's number in the menu; 0 for a title that is none of them.
func caseNumber(title string) int {
	return 1 + slices.IndexFunc(caseTitles, func(word string) bool { return strings.Contains(title, word) })
}

// pollWhileWatched polls while there are viewers, until ctx ends.
func (d *Dashboard) pollWhileWatched(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if d.hub.Watchers() > 0 {
			bounded, cancel := context.WithTimeout(ctx, 10*pollEvery)
			d.poller.poll(bounded)
			cancel()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
