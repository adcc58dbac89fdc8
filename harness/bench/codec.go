package bench

import (
	"bufio"
	"context"
	_ "embed" // Python's side
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"gossiprpc/harness/usage"
	"gossiprpc/internal/gossip"
	"gossiprpc/internal/wire"
	"gossiprpc/internal/xmlrpc"

	kolo "github.com/kolo/xmlrpc"
)

//go:embed bench.py
var script string

// entries is how many nodes the measured call is about.
const entries = 32

// sample is one call, receiveGossip, as each side wants it.
type sample struct {
	from     gossip.Address
	message  gossip.Gossip
	plain    map[string][]int // for kolo
	document []byte
}

func newSample() sample {
	s := sample{from: "gossiprpc_node_1:5000", plain: map[string][]int{}}
	var digest []gossip.DigestEntry
	for i := range entries {
		e := gossip.DigestEntry{
			Address:    gossip.Address(fmt.Sprintf("gossiprpc_node_%d:5000", i+1)),
			AppVersion: 1, Generation: int32(1_795_000_000 + i), Heartbeat: int32(100 + i),
		}
		digest = append(digest, e)
		s.plain[string(e.Address)] = []int{int(e.AppVersion), int(e.Generation), int(e.Heartbeat)}
	}
	s.message = gossip.Gossip{Digest: gossip.NewDigest(digest)}
	s.document = wire.AppendMessage(nil, s.from, s.message)
	return s
}

// work does one thing so many times, and tells the processor time that it took.
type work func(times int) (time.Duration, error)

// here measures what this process does, its garbage collection included.
func here(once func() error) work {
	return func(times int) (time.Duration, error) {
		began, err := usage.Of(os.Getpid())
		if err != nil {
			return 0, err
		}
		for range times {
			if err := once(); err != nil {
				return 0, err
			}
		}
		ended, err := usage.Of(os.Getpid())
		return ended.CPU - began.CPU, err
	}
}

// decoding reads a call as a node does, up to the message and its sender.
func (s sample) decoding() func() error {
	receive := wire.NodeMethods(nobody{})["receiveGossip"]
	limits := xmlrpc.DefaultLimits()
	return func() error {
		_, call := xmlrpc.ReadCall(s.document, limits)
		if receive.Read(&call) == nil {
			return errors.New("the call is not read straight")
		}
		return nil
	}
}

func (s sample) encoding() func() error {
	var buffer []byte
	return func() error {
		buffer = wire.AppendMessage(buffer[:0], s.from, s.message)
		return nil
	}
}

func (s sample) koloDecoding() error {
	var digest map[string][]int
	return kolo.Response(s.document).Unmarshal(&digest)
}

func (s sample) koloEncoding() error {
	_, err := kolo.EncodeMethodCall("receiveGossip", s.plain, string(s.from))
	return err
}

// allocations is how many an entry costs to read.
func (s sample) allocations() float64 {
	decode := s.decoding()
	return testing.AllocsPerRun(200, func() { _ = decode() }) / entries // decoding is measured, and checked, before
}

type nobody struct{}

func (nobody) Receive(context.Context, gossip.Address, gossip.Message) error { return nil }

// python measures what loads and dumps do, in a process of their own.
type python struct {
	process *process
	lines   *bufio.Scanner
}

func startPython(ctx context.Context) (python, error) {
	child, err := start(ctx, "python3", "-u", "-c", script)
	if err != nil {
		return python{}, err
	}
	return python{child, bufio.NewScanner(child.out)}, nil
}

func (p python) work(what string, document []byte) work {
	return func(times int) (time.Duration, error) {
		order, err := json.Marshal([]any{what, string(document), times})
		if err != nil {
			return 0, err
		}
		if _, err := p.process.in.Write(append(order, '\n')); err != nil {
			return 0, fmt.Errorf("python3: %w", err)
		}
		if !p.lines.Scan() {
			return 0, fmt.Errorf("python3 has ended: %w", errors.Join(p.lines.Err(), p.process.end()))
		}
		seconds := 0.0
		if _, err := fmt.Sscan(p.lines.Text(), &seconds); err != nil {
			return 0, fmt.Errorf("python3 says %q: %w", p.lines.Text(), err)
		}
		return time.Duration(seconds * float64(time.Second)), nil
	}
}
