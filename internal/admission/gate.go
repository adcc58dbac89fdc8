// Package admission decides who may speak to a process, and in whose name.
//
// In flow what a connection tells of a caller ([xmlrpc.Caller]) and the call that it
// makes; out flows nil, or an error that is the call's fault. Without settings a
// cluster is open, as the original's: everyone may say anything.
package admission

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/machine"
	"gossiprpc/internal/xmlrpc"
)

// Settings say who may speak. The zero Settings let everyone of the cluster that has
// no name.
type Settings struct {
	Host    string // under which others call this process; empty: nobody does
	Verify  bool   // a claimed name must resolve to the caller's address
	Allow   string // networks that may connect, see [ParseNetworks]
	From    string // IP address that calls are made from; empty: the system's choice
	Cluster string // whose processes may call; empty: those of none, as the original's

	// Files in PEM of the process's certificate, its key and the authority: all of
	// them, or none for plain connections.
	Cert, Key, CA string
	Plain         string // hosts, with commas between them, that speak plain even so
}

// Gate lets calls in or refuses them. It is safe for many goroutines. A nil Gate
// lets everyone in.
type Gate struct {
	settings Settings
	networks Networks
	from     netip.Addr // zero: the system's choice
	names    *names
	refusals *refusals
	keys     *keyring // nil: no TLS
	plain    []string
	log      *slog.Logger
	unsolved atomic.Bool // the latest lookup failed for a reason that is not the name's
}

// New makes a gate. An error names the flag that cannot work.
func New(s Settings, log *slog.Logger) (*Gate, error) {
	g := &Gate{settings: s, log: log, names: newNames(bySystem, time.Now), refusals: newRefusals(log, time.Now)}
	var err error
	if g.networks, err = ParseNetworks(s.Allow); err != nil {
		return nil, fmt.Errorf("--allow: %w", err)
	}
	if s.From != "" {
		if g.from, err = netip.ParseAddr(s.From); err != nil {
			return nil, fmt.Errorf("--call-from %q: want an IP address of this machine", s.From)
		}
	}
	if err := checkCluster(s.Cluster); err != nil {
		return nil, err
	}
	if g.plain, err = s.plainHosts(); err != nil {
		return nil, err
	}
	if secure, err := s.secure(); err != nil || !secure {
		return g, err
	}
	g.keys, err = newKeyring(files{s.Cert, s.Key, s.CA}, s.Host, log, time.Now)
	return g, err
}

// secure tells whether TLS is asked for.
func (s Settings) secure() (bool, error) {
	var given, missing []string
	for _, f := range [][2]string{{"--tls-cert", s.Cert}, {"--tls-key", s.Key}, {"--tls-ca", s.CA}} {
		if f[1] == "" {
			missing = append(missing, f[0])
		} else {
			given = append(given, f[0])
		}
	}
	switch {
	case len(given) > 0 && len(missing) > 0:
		return false, fmt.Errorf("%s without %s: the three belong together",
			strings.Join(given, " and "), strings.Join(missing, " and "))
	case len(given) == 0 && s.Plain != "":
		return false, errors.New("--tls-plain without --tls-cert, --tls-key and --tls-ca: everyone speaks plain then")
	}
	return len(given) > 0, nil
}

const maxPlain = 64 // hosts

func (s Settings) plainHosts() ([]string, error) {
	if s.Plain == "" {
		return nil, nil
	}
	hosts := strings.Split(s.Plain, ",")
	if len(hosts) > maxPlain {
		return nil, fmt.Errorf("--tls-plain: %d hosts, want at most %d", len(hosts), maxPlain)
	}
	for _, h := range hosts {
		if err := gossip.CheckName(h); err != nil {
			return nil, fmt.Errorf("--tls-plain: %w", err)
		}
	}
	return hosts, nil
}

// ClusterID is the number of the gate's cluster in SYNs.
func (g *Gate) ClusterID() int32 {
	if g == nil {
		return gossip.ClusterID
	}
	return clusterID(g.settings.Cluster)
}

// Client returns o with what others ask of this process's calls.
func (g *Gate) Client(o xmlrpc.ClientOptions) xmlrpc.ClientOptions {
	if g == nil {
		return o
	}
	o.Cluster = g.settings.Cluster
	if g.from.IsValid() && o.Dial == nil {
		o.Dial = xmlrpc.DialFrom(g.from)
	}
	if g.keys != nil {
		o.TLS = func(host string) *tls.Config {
			if slices.Contains(g.plain, host) {
				return nil
			}
			return g.keys.client(host)
		}
	}
	return o
}

// Server returns o with what this process asks of calls, whatever they say.
func (g *Gate) Server(o xmlrpc.ServerOptions) xmlrpc.ServerOptions {
	if g != nil {
		o.Admit = g.enter
	}
	return o
}

// enter looks at a call before it is read.
func (g *Gate) enter(ctx context.Context, c xmlrpc.Caller) error { return g.say(c, g.known(ctx, c)) }

func (g *Gate) known(ctx context.Context, c xmlrpc.Caller) error {
	if c.Cluster != g.settings.Cluster {
		return fmt.Errorf("a call of %s, and this is %s", nameOf(c.Cluster), nameOf(g.settings.Cluster))
	}
	switch {
	case g.keys == nil:
		return nil
	case c.Certificate != nil:
		// The connection may be older than the certificate's end.
		return inTime(c.Certificate, g.keys.now())
	}
	for _, host := range g.plain {
		if g.resolves(ctx, host, c.Addr) == nil {
			return nil
		}
	}
	return errors.New("speaks plain HTTP from an address of no host in --tls-plain")
}

func nameOf(cluster string) string {
	if cluster == "" {
		return "the cluster without a name"
	}
	return fmt.Sprintf("cluster %.80q", cluster)
}

// Admit says whether a call that has come in may reach the machine. It may wait for
// the resolver.
func (g *Gate) Admit(ctx context.Context, r machine.Request) error {
	if g == nil {
		return nil
	}
	caller, _ := xmlrpc.CallerOf(ctx)
	return g.say(caller, g.check(ctx, caller, r))
}

// say logs a refusal and makes it the call's fault.
func (g *Gate) say(c xmlrpc.Caller, err error) error {
	if err == nil {
		return nil
	}
	g.refusals.add(c.Addr, err)
	return fmt.Errorf("refused: %w", err)
}

func (g *Gate) check(ctx context.Context, c xmlrpc.Caller, r machine.Request) error {
	if m, isMessage := r.(machine.Message); isMessage {
		if syn, isSyn := m.Message.(gossip.Syn); isSyn && syn.ClusterID != g.ClusterID() {
			return fmt.Errorf("a SYN of cluster number %d, and this is %d", syn.ClusterID, g.ClusterID())
		}
	}
	node, claims := claimed(r)
	if !claims {
		return nil
	}
	if err := g.owns(ctx, c, node.Name()); err != nil {
		return fmt.Errorf("speaks for %s, but %w", node, err)
	}
	return nil
}

// owns is nil if the caller may speak for host.
func (g *Gate) owns(ctx context.Context, c xmlrpc.Caller, host string) error {
	switch {
	case g.keys != nil && c.Certificate != nil:
		if c.Certificate.VerifyHostname(host) != nil {
			return fmt.Errorf("its certificate is for %s", namesOf(c.Certificate))
		}
	case g.keys != nil:
		if !slices.Contains(g.plain, host) {
			return fmt.Errorf("%s is not in --tls-plain", host)
		}
		return g.resolves(ctx, host, c.Addr)
	}
	if g.settings.Verify {
		return g.resolves(ctx, host, c.Addr)
	}
	return nil
}

func (g *Gate) resolves(ctx context.Context, host string, a netip.Addr) error {
	err := g.names.check(ctx, host, a)
	if down := errors.Is(err, errResolver); g.unsolved.Swap(down) != down && down {
		g.log.Warn("names cannot be looked up: calls are refused until they can", "err", err)
	}
	return err
}
