package scale

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness/settings"
	"gossiprpc/harness/terminal"
)

// peer is what the program of the module in memberlist prints.
type peer struct {
	Joined float64 `json:"joined_s"`
	Found  float64 `json:"found_s"`
	Cores  float64 `json:"cores"`
	Bytes  float64 `json:"bytes_per_s"`
}

// Against finds one death by the lan profile, and by hashicorp/memberlist with its LAN
// defaults, one after the other on this machine, and prints both. The error wraps ErrFailed
// unless the monitor's verdict comes sooner than memberlist's last node notices.
func Against(ctx context.Context, out io.Writer, environ []string, nodes string) error {
	v, err := settings.Read("against", environ, "NODES="+nodes)
	if err != nil {
		return err
	}
	v.Timing = protocol.LANTiming()
	screen := terminal.On(out)
	o, err := prepare(ctx, v)
	if err != nil {
		return err
	}
	ours, err := o.run(ctx, screen)
	if err != nil {
		return err
	}
	screen.NowAndThen("the same by memberlist")
	theirs, err := memberlist(ctx, o)
	screen.Clear()
	if err != nil {
		return err
	}
	return compare(screen, o, ours, theirs)
}

func memberlist(ctx context.Context, o Options) (p peer, err error) {
	program := filepath.Join(o.Programs, "memberlist")
	build := exec.CommandContext(ctx, "go", "build", "-o", program, ".")
	build.Dir = filepath.Join("harness", "scale", "memberlist")
	if text, err := build.CombinedOutput(); err != nil {
		return p, fmt.Errorf("build memberlist: %w\n%s", err, text)
	}
	run := exec.CommandContext(ctx, program, strconv.Itoa(o.Nodes), o.Calm.String())
	var failure strings.Builder
	run.Stderr = &failure
	text, err := run.Output()
	if err != nil {
		return p, fmt.Errorf("memberlist: %w: %s", err, failure.String())
	}
	return p, json.Unmarshal(text, &p)
}

// compare prints both, and says whether ours is sooner.
func compare(screen *terminal.Screen, o Options, ours Report, theirs peer) error {
	found := ours.death().Took
	cores := 0.0
	for _, c := range ours.Costs {
		cores += c.Cores
	}
	t := terminal.Table{Columns: []terminal.Column{
		{Title: fmt.Sprintf("%d nodes, one killed", o.Nodes)},
		{Title: "found in", Right: true},
		{Title: "cores in the calm before", Right: true, Wrap: 14},
		{Title: "bytes a second and node", Right: true, Wrap: 14},
	}}
	t.Row(fmt.Sprintf("%s, profile lan: the monitor's verdict", o.Protocol.Name), found.Round(10*time.Millisecond),
		fmt.Sprintf("%.2f", cores), fmt.Sprintf("%.0f", ours.Sent))
	t.Row("memberlist, LAN defaults: the last node notices", seconds(theirs.Found), fmt.Sprintf("%.2f", theirs.Cores),
		fmt.Sprintf("%.0f", theirs.Bytes))
	screen.Table(t)
	fmt.Fprint(screen, screen.Fill("Measured once. Cores: of all nodes, and of monitor and provider. Bytes: gossip, in the calm "+
		"before the death; memberlist's without headers.\n", 0))
	if found.Seconds() >= theirs.Found {
		return fmt.Errorf("%w: the verdict comes later than memberlist's", ErrFailed)
	}
	return nil
}

func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(10 * time.Millisecond)
}
