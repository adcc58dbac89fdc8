// Package docker runs clusters as the original's README does: a container for
// each process, in a network of their own, with names by the engine's DNS.
//
// A harness.ClusterSpec goes in; a harness.Cluster comes out, and each process's
// standard error and output in the run's folder. A container does no more than
// hold a shell; the process is started in it by exec, so that it can be killed
// and started again while the container, its name and its files stay.
//
// All that a backend makes has the label [Label], and nothing without it is ever
// touched. The shells read from this process: when it dies, so do they, and the
// engine removes their containers. A network may be left over, which the next
// start, or [Clean], removes.
package docker

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	cerrdefs "github.com/containerd/errdefs"
	"github.com/moby/moby/client"

	"gossiprpc/harness"
)

// Label is on every container and network that a backend makes. Its value is the
// backend's prefix.
const Label = "gossiprpc.harness"

// What keeps a cluster from being started; each is wrapped with its cause.
var (
	ErrNoEngine     = errors.New("no docker engine answers")
	ErrEngineTooOld = errors.New("docker engine too old")
	ErrNoImage      = errors.New("no such image")
	ErrTaken        = errors.New("name taken")
)

// leastAPI is the oldest engine API that the backend has been tried with
// (Docker 20.10).
const leastAPI = "1.41"

// Backend starts clusters in containers. A zero field has a default. It is safe
// for many goroutines, but clusters that run at the same time need different
// prefixes.
type Backend struct {
	Image  string // with the three commands; "gossip"
	Prefix string // of container and network names, and so of the nodes' own; "gossip-run-"
	Host   string // the engine, such as unix:///var/run/docker.sock; DOCKER_HOST or the usual socket

	// Follow has flight records copied to the run's folder as they grow, for people who
	// watch; else they are when the cluster is closed.
	Follow bool

	// Flags are given to each of our processes beside its own.
	Flags []string

	// Instead has, for a process's name, what is run in its place.
	Instead map[string]Program
}

// Program is somebody else's process, such as one of the original. It listens on
// the port of the process that it stands for, and goes by its container's name.
type Program struct {
	Image   string   // must have bash
	Command []string // run in the image's working directory
	Typed   string   // a line typed at it once it listens, such as "connect"; "": none
}

// Name is "docker".
func (b *Backend) Name() string { return "docker" }

// Cannot is harness.Limited's.
func (b *Backend) Cannot() []string { return []string{"cut", "loss"} }

func (b *Backend) image() string {
	if b.Image == "" {
		return "gossip"
	}
	return b.Image
}

func (b *Backend) prefix() string {
	if b.Prefix == "" {
		return "gossip-run-" // not "gossip-": compose's network is gossip-network
	}
	return b.Prefix
}

// validPrefix has no dot: a node's own name ends at the first.
var validPrefix = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_-]{0,99}$`)

// Available is nil if clusters can be started: an engine answers, and has the
// image. Else it wraps [ErrNoEngine], [ErrEngineTooOld] or [ErrNoImage].
func (b *Backend) Available(ctx context.Context) error {
	engine, err := b.connect(ctx)
	if err != nil {
		return err
	}
	return engine.Close()
}

// connect also looks whether the engine can be used.
func (b *Backend) connect(ctx context.Context) (*client.Client, error) {
	if !validPrefix.MatchString(b.prefix()) {
		return nil, fmt.Errorf("prefix %q: want a letter or digit, then letters, digits, '-' and '_', at most 100",
			b.prefix())
	}
	engine, err := Dial(ctx, b.Host)
	if err != nil {
		return nil, err
	}
	if _, err := engine.ImageInspect(ctx, b.image()); err != nil {
		if cerrdefs.IsNotFound(err) {
			err = fmt.Errorf("%w: %s; `go tool mage image` builds it", ErrNoImage, b.image())
		}
		return nil, errors.Join(err, engine.Close())
	}
	return engine, nil
}

// Dial connects to an engine; host is as in [Backend]. The error wraps [ErrNoEngine] or
// [ErrEngineTooOld].
func Dial(ctx context.Context, host string) (*client.Client, error) {
	options := []client.Opt{client.FromEnv}
	if host != "" {
		options = append(options, client.WithHost(host))
	}
	engine, err := client.New(options...)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoEngine, err)
	}
	ping, err := engine.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true})
	switch {
	case ping.APIVersion != "" && olderAPI(ping.APIVersion, leastAPI):
		err = fmt.Errorf("%w: it speaks API %s, want %s (Docker 20.10)", ErrEngineTooOld, ping.APIVersion, leastAPI)
	case err != nil:
		err = fmt.Errorf("%w: %w", ErrNoEngine, err)
	default:
		return engine, nil
	}
	return nil, errors.Join(err, engine.Close())
}

// olderAPI compares versions such as 1.41. Text that is no version counts as new.
func olderAPI(a, b string) bool {
	majorA, minorA, okA := apiVersion(a)
	majorB, minorB, okB := apiVersion(b)
	return okA && okB && (majorA < majorB || majorA == majorB && minorA < minorB)
}

func apiVersion(text string) (major, minor int, ok bool) {
	first, second, _ := strings.Cut(text, ".")
	major, err1 := strconv.Atoi(first)
	minor, err2 := strconv.Atoi(second)
	return major, minor, err1 == nil && err2 == nil
}

var _ harness.Backend = (*Backend)(nil)
