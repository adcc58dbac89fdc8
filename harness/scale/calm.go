package scale

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gossiprpc/harness/scale/crowd"
)

// calm measures what the cluster uses while nothing happens, in which nobody is declared failed.
func (r *run) calm(ctx context.Context) error {
	before, begun, err := r.measure()
	if err != nil {
		return err
	}
	if err := r.step(ctx, "nothing happens", r.Calm+r.limit(), 0, func() (bool, string, error) {
		_, dead, away := r.verdicts(ctx)
		if len(dead) > 0 {
			return false, "", &mistake{fmt.Sprintf("%d declared failed, the first is %s", len(dead), dead[0])}
		}
		past := time.Since(begun.at)
		return away == "" && past >= r.Calm, fmt.Sprintf("nothing has happened for %v %s", past.Round(time.Second), away), nil
	}); err != nil {
		return err
	}
	after, ended, err := r.measure()
	if err != nil {
		return err
	}
	r.report.Calm = ended.at.Sub(begun.at).Round(time.Second)
	seconds := ended.at.Sub(begun.at).Seconds()
	nodes := Cost{Name: allNodes, Of: r.Nodes}
	for i, p := range r.processes {
		c := Cost{Name: p.name, Cores: (after[i].cpu - before[i].cpu).Seconds() / seconds, Memory: after[i].memory}
		if slices.Contains(r.crowds, p) {
			nodes.Cores += c.Cores
			nodes.Memory += c.Memory
			continue
		}
		r.report.Costs = append(r.report.Costs, c)
	}
	r.report.Costs = append(r.report.Costs, nodes)
	r.report.Sent = float64(ended.sent-begun.sent) / seconds / float64(r.Nodes)
	return nil
}

type used struct {
	cpu    time.Duration
	memory int64
}

type instant struct {
	at   time.Time
	sent int64
}

func (r *run) measure() (all []used, i instant, err error) {
	for _, p := range r.processes {
		u, err := p.usage()
		if err != nil {
			return nil, i, err
		}
		all = append(all, used{u.CPU, u.Memory})
	}
	sum, err := r.look()
	return all, instant{time.Now(), sum.Sent}, err
}

func (r *run) look() (all crowd.Summary, err error) {
	for _, c := range r.crowds {
		var s crowd.Summary
		if err := c.ask("look", &s); err != nil {
			return crowd.Summary{}, err
		}
		all = all.Plus(s)
	}
	return all, nil
}
