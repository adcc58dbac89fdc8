package config

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"gossiprpc/internal/gossip"
)

// OwnName is the name under which this process joins the cluster: advertise if
// it is given, else the first label of the PTR record for its own address,
// else its host name. It takes 2 seconds at most. The error tells to give
// --advertise.
//
// The PTR record is asked of the DNS server itself. A resolver library reads
// /etc/hosts first, which in a container has the container's id, whereas
// the engine's DNS server knows the name other containers call it by.
func OwnName(ctx context.Context, advertise string) (string, error) {
	o := ownName{
		servers:   systemServers,
		addresses: ownAddresses,
		hostname:  os.Hostname,
		patience:  2 * time.Second,
	}
	return o.find(ctx, advertise)
}

type ownName struct {
	servers   func() []string // host:port of DNS servers
	addresses func() []net.IP
	hostname  func() (string, error)
	patience  time.Duration // for all queries together
}

func (o ownName) find(ctx context.Context, advertise string) (string, error) {
	if advertise != "" {
		if err := gossip.CheckName(advertise); err != nil {
			return "", fmt.Errorf("--advertise: %w", err)
		}
		return advertise, nil
	}
	if name, ok := o.byPTR(ctx); ok {
		return name, nil
	}
	name, err := o.hostname()
	if err != nil {
		return "", fmt.Errorf("own name: %w; give one with --advertise", err)
	}
	if err := gossip.CheckName(name); err != nil {
		return "", fmt.Errorf("own name from the host name: %w; give one with --advertise", err)
	}
	return name, nil
}

// byPTR asks for each own address in turn. A server that does not answer in
// half of the patience is not asked again: the next one is.
func (o ownName) byPTR(ctx context.Context) (string, bool) {
	ctx, cancel := context.WithTimeout(ctx, o.patience)
	defer cancel()
	addresses := o.addresses()
	for _, server := range o.servers() {
		for _, ip := range addresses {
			names, err := queryPTR(ctx, server, ip, o.patience/2)
			if err != nil && !errors.Is(err, errNoName) {
				break
			}
			for _, name := range names {
				label, _, _ := strings.Cut(name, ".")
				if gossip.CheckName(label) == nil {
					return label, true
				}
			}
		}
	}
	return "", false
}

// ownAddresses are those of the interfaces that are up, loopback left out.
func ownAddresses() []net.IP {
	interfaces, err := net.Interfaces()
	if err != nil {
		return nil
	}
	var v4, v6 []net.IP
	for _, i := range interfaces {
		if i.Flags&net.FlagUp == 0 || i.Flags&net.FlagLoopback != 0 {
			continue
		}
		addrs, err := i.Addrs()
		if err != nil {
			continue
		}
		for _, a := range addrs {
			n, ok := a.(*net.IPNet)
			switch {
			case !ok || !n.IP.IsGlobalUnicast():
			case n.IP.To4() != nil:
				v4 = append(v4, n.IP)
			default:
				v6 = append(v6, n.IP)
			}
		}
	}
	return append(v4, v6...)
}

// systemServers reads /etc/resolv.conf. Where there is none, as on Windows,
// the host name is used.
func systemServers() []string {
	text, err := os.ReadFile("/etc/resolv.conf")
	if err != nil {
		return nil
	}
	return parseServers(string(text))
}

func parseServers(resolvConf string) []string {
	var servers []string
	for line := range strings.Lines(resolvConf) {
		words := strings.Fields(line)
		if len(words) >= 2 && words[0] == "nameserver" {
			servers = append(servers, net.JoinHostPort(words[1], "53"))
		}
	}
	return servers
}
