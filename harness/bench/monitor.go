package bench

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"gossiprpc/harness/local"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"
)

// The original is not here. What an updateSuspectMatrix of 32 nodes costs it is reckoned from what
// Python takes, at the same time, to read a receiveGossip of 32: on the machine where it took 75
// calls a second, which kept a processor busy, that was 328 us.
const (
	originalReadings = 1 / 75.0 / 328e-6 // for one call
	processors       = 2                 // that a monitor may use; the original's interpreter runs on one
	wantedMonitor    = 300
)

// monitor compares how many updateSuspectMatrix calls of 32 nodes a monitor takes with what the
// original would take. folder has the programs.
func (m measurement) monitor(ctx context.Context, folder string) (f figure, err error) {
	python, err := startPython(ctx)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, python.process.end()) }()
	reports, stop, err := reports(ctx, folder)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	read := python.work("decode", newSample().document)
	original := func(times int) (time.Duration, error) {
		const readings = 40 // about as many as one call, so that a turn is as long as the other's
		took, err := read(readings * times)
		return time.Duration(float64(took) * originalReadings / readings), err
	}
	figures, err := m.compare(ctx, "updateSuspectMatrix(32)", side{name: "ours", work: reports},
		peer{side{name: "the original, reckoned", work: original}, wantedMonitor})
	if err != nil {
		return f, err
	}
	f = figures[0]
	for i := range f.ratios {
		f.ratios[i] *= processors
	}
	return f, nil
}

// reports starts a monitor of 32 nodes. Its work is to take their reports, each of which finds that
// another of them has just come under suspicion or is no longer.
func reports(ctx context.Context, folder string) (work, func() error, error) {
	ports, err := local.FreePorts(ctx, 1)
	if err != nil {
		return nil, nil, err
	}
	address := "127.0.0.1:" + strconv.Itoa(ports[0])
	child, err := start(ctx, filepath.Join(folder, "monitor"), "--bind", "127.0.0.1", "--advertise", "127.0.0.1",
		"--port", strconv.Itoa(ports[0]), "--protocol", "random", "--fail", "1h", "--results", filepath.Join(folder, "results.txt"))
	if err != nil {
		return nil, nil, err
	}
	stop := func() error {
		_, err := fmt.Fprintln(child.in, "stop")
		return errors.Join(err, child.end())
	}
	client, err := xmlrpc.NewClient(xmlrpc.DefaultClientOptions())
	if err != nil {
		return nil, nil, errors.Join(err, stop())
	}
	end := func() error {
		client.Close()
		return stop()
	}
	w, err := reporting(ctx, child, wire.Monitor{Client: client, HostPort: address})
	if err != nil {
		return nil, nil, errors.Join(err, end())
	}
	return w, end, nil
}

// reporting makes 32 nodes known to a monitor, and sees that it takes what they report.
func reporting(ctx context.Context, child *process, monitor wire.Monitor) (work, error) {
	var cells []gossip.Suspicion
	for _, e := range newSample().message.Digest {
		if err := registered(ctx, monitor, e.Address); err != nil {
			return nil, err
		}
		cells = append(cells, gossip.Suspicion{Address: e.Address})
	}
	var made atomic.Int64
	once := func() error {
		n := int(made.Add(1)) - 1
		suspects := gossip.NewFaultVector(slices.Clone(cells))
		suspects[(n+1)%entries].Suspected = n/entries%2 == 0
		return monitor.UpdateSuspects(ctx, cells[n%entries].Address, suspects, 1)
	}
	if err := once(); err != nil {
		return nil, err
	}
	matrix, err := monitor.SuspectMatrix(ctx)
	if err != nil {
		return nil, err
	}
	if len(matrix) != entries || matrix[0][1] != 1 {
		return nil, fmt.Errorf("the monitor has not taken the first report: %v", matrix)
	}
	return child.answering(ctx, once), nil
}

// registered makes a node known to a monitor, which may have to start yet.
func registered(ctx context.Context, monitor wire.Monitor, a gossip.Address) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		err := monitor.Register(ctx, a)
		if err == nil || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}
