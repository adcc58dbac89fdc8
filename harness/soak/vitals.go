package soak

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"gossiprpc/harness/local"
)

// The collectors' names of what /metrics tells.
const (
	goroutinesName  = "go_goroutines"
	collectionsName = "go_gc_duration_seconds"
	// heapGoalName is the heap's size at which the next collection begins: twice of what
	// the last one left alive, and 4 MiB at least. It is the only number about memory
	// that does not depend on how much garbage there is at the moment.
	heapGoalName = "go_memstats_next_gc_bytes"
)

// numbers are a process's, by name. Of a histogram or summary it is the count.
type numbers map[string]float64

// scrape reads a page of metrics.
func scrape(ctx context.Context, hostport string) (numbers, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+hostport+"/metrics", http.NoBody)
	if err != nil {
		return nil, err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1024))
		return nil, fmt.Errorf("%s: %s: %s", r.URL, answer.Status, text)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.URL, err)
	}
	n := numbers{}
	for name, f := range families {
		for _, m := range f.Metric {
			n[name] += m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetSummary().GetSampleCount())
		}
	}
	for _, name := range []string{goroutinesName, collectionsName, heapGoalName} {
		if _, told := n[name]; !told {
			return nil, fmt.Errorf("%s does not tell %s", r.URL, name)
		}
	}
	return n, nil
}

// measure reads one process's vitals.
func measure(ctx context.Context, of local.Processes, name string) (Vitals, error) {
	n, err := scrape(ctx, of.Numbers(name))
	if err != nil {
		return Vitals{}, err
	}
	v := Vitals{Goroutines: int(n[goroutinesName]), Memory: int64(n[heapGoalName]) / 2}
	v.Files, v.Connections, v.Peak, err = kernel(of.PID(name))
	if err != nil {
		return Vitals{}, fmt.Errorf("%s: %w", name, err)
	}
	return v, nil
}

// collected returns when a process has collected its garbage twice more, which frees what
// was garbage when it began. Go collects by itself every two minutes only; but each page
// of metrics leaves some garbage.
func collected(ctx context.Context, of local.Processes, name string) error {
	ctx, cancel := context.WithTimeout(ctx, collectLimit)
	defer cancel()
	was, err := scrape(ctx, of.Numbers(name))
	for now := was; err == nil && now[collectionsName] < was[collectionsName]+2; {
		now, err = scrape(ctx, of.Numbers(name))
	}
	return err
}

// collectLimit is how long two collections may take.
const collectLimit = 2 * time.Minute
