package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/pprof/profile"
)

// shares is whose a server's processor time is, in parts of one.
type shares struct{ own, http, scheduler float64 }

// profiled has a server of ours answer calls for some seconds of its processor time, and
// tells whose that is.
func (m measurement) profiled(ctx context.Context, folder string) (s shares, err error) {
	file := filepath.Join(folder, "cpu.pprof")
	w, end, err := serverWork(ctx, newSample().document, filepath.Join(folder, "server"), "ours", file)
	if err != nil {
		return s, err
	}
	m.tell("profile of serve receiveGossip(32)", 0)
	took := time.Duration(0)
	for took < m.profile && err == nil {
		var more time.Duration
		more, err = w(1000)
		took += more
	}
	if err = errors.Join(err, end()); err != nil {
		return s, err
	}
	f, err := os.Open(file)
	if err != nil {
		return s, err
	}
	defer f.Close()
	p, err := profile.Parse(f)
	if err != nil {
		return s, fmt.Errorf("%s: %w", file, err)
	}
	return split(p)
}

// split gives each sample to the innermost of its functions that is ours, or that of
// net/http and what this stands on, together with what these call: the kernel, copying,
// memory. Where none is, the scheduler or the garbage collector is at work.
func split(p *profile.Profile) (shares, error) {
	var s shares
	total := 0.0
	for _, sample := range p.Sample {
		weight := float64(sample.Value[len(sample.Value)-1])
		total += weight
		switch owner(sample) {
		case "own":
			s.own += weight
		case "http":
			s.http += weight
		default:
			s.scheduler += weight
		}
	}
	if total == 0 {
		return s, errors.New("the profile has no samples")
	}
	return shares{s.own / total, s.http / total, s.scheduler / total}, nil
}

func owner(sample *profile.Sample) string {
	for _, location := range sample.Location { // the innermost first
		for _, line := range location.Line {
			name := line.Function.Name
			switch {
			case strings.HasPrefix(name, "gossiprpc/internal/socket"): // the kernel's, as below
				return "http"
			case strings.HasPrefix(name, "gossiprpc/"):
				return "own"
			case strings.HasPrefix(name, "net/"), strings.HasPrefix(name, "net."), strings.HasPrefix(name, "bufio."):
				return "http"
			}
		}
	}
	return ""
}

func (s shares) String() string {
	return fmt.Sprintf("Of the processor time of a served call %.0f %% are this project's own, %.0f %% those of net/http "+
		"with the kernel's below it, and %.0f %% those of Go's scheduler and garbage collector (from a profile of one server).",
		100*s.own, 100*s.http, 100*s.scheduler)
}
