package figures

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// job is one piece of work; its weight is what it should cost, in any unit.
type job struct {
	weight float64
	do     func(context.Context) error
}

// trialJob runs a trial and keeps what it has shown.
func trialJob(r *Measurement, weight float64) job {
	return job{weight, func(ctx context.Context) error {
		s, err := r.Trial.Run(ctx)
		if err != nil {
			return fmt.Errorf("%s, %d nodes, seed %d: %w", r.Protocol.Name, r.Nodes, r.Seed, err)
		}
		r.Sample = s
		return nil
	}}
}

// work does jobs on all processors and reports progress to out.
func work(ctx context.Context, out io.Writer, what string, jobs []job) error {
	p := newEstimator(out, what, jobs)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, j := range jobs {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			err := j.do(ctx)
			p.done(j.weight)
			return err
		})
	}
	err := group.Wait()
	p.end()
	return err
}
