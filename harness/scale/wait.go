package scale

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// poll is how often what is waited for is asked for.
const poll = 500 * time.Millisecond

// late is an error of what has not come about.
type late struct{ text string }

func (l *late) Error() string { return l.text }

// mistake is an error of what should never come about.
type mistake struct{ text string }

func (m *mistake) Error() string { return m.text }

// until asks until it is so, for as long as limit. Its error is *late then.
func (r *run) until(ctx context.Context, limit time.Duration, so func() (done bool, text string, err error)) error {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for deadline := time.Now().Add(limit); ; {
		done, text, err := so()
		if done || err != nil {
			return err
		}
		r.Tell(text)
		if time.Now().After(deadline) {
			return &late{text}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}

// step is until, whose outcome is reported.
func (r *run) step(
	ctx context.Context, name string, limit, bound time.Duration, so func() (bool, string, error),
) error {
	began := time.Now()
	err := r.until(ctx, limit, so)
	s := Step{Name: name, Took: time.Since(began), Bound: bound}
	late, mistake := (*late)(nil), (*mistake)(nil)
	switch {
	case errors.As(err, &late):
		s.Wrong = "not after that time: " + late.text
	case errors.As(err, &mistake):
		s.Wrong = mistake.text
	case err != nil:
		return fmt.Errorf("%s: %w", name, err)
	case bound > 0 && s.Took > bound:
		s.Wrong = "later than the bound"
	}
	r.report.Steps = append(r.report.Steps, s)
	return nil
}
