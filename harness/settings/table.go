package settings

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/terminal"
)

// where tells users of a wrong name what the right ones are.
const where = "go tool mage settings lists them all"

// Numbers of nodes that a cluster may have.
const (
	LeastNodes = 4 // two can die and leave two that agree
	MostNodes  = 10_000
)

// setting is a row of the table.
type setting struct {
	name  string
	usual string                   // the default; "": none
	own   map[string]string        // defaults of single targets
	none  string                   // what holds if there is no default, for people
	want  string                   // the values that it may have
	wrong func(text string) string // what is wrong with a text in particular, "" if nothing is; nil: nothing ever is
	names func() []string          // the same, where they are names from elsewhere
	help  string
	read  func(v *Values, text string) bool
}

var table = []setting{
	{
		name: "PROTOCOL", usual: "scrr", own: map[string]string{"lab": "brr", "against": "brr"}, want: "a protocol",
		names: protocol.Names,
		help:  "lab and against: brr; figures:real runs all unless it is set",
		read:  func(v *Values, text string) (ok bool) { v.Protocol, ok = protocol.ByName(text); return ok },
	},
	{
		name: "NODES", usual: "8", want: fmt.Sprintf("a number of nodes, %d to %d", LeastNodes, MostNodes),
		read: func(v *Values, text string) (ok bool) {
			v.Nodes, ok = whole(text, LeastNodes, MostNodes)
			return ok
		},
	},
	{
		name: "SPEED", usual: "1", own: map[string]string{"soak": "5"}, want: "a number, 0.01 to 100",
		help: "divides all intervals; soak: 5",
		read: func(v *Values, text string) (ok bool) { v.Speed, ok = number(text, 0.01, 100); return ok },
	},
	{
		name: "BACKEND", none: "docker, else local", own: map[string]string{"figures:real": "local"},
		want: "docker, local, sim or swarm",
		help: "figures:real: local",
		read: func(v *Values, text string) bool {
			v.Backend = text
			return slices.Contains([]string{"docker", "local", "sim", "swarm"}, text)
		},
	},
	{
		name: "FRESHNESS", usual: "arrival", want: "arrival or emission", help: "from when hearsay counts",
		read: func(v *Values, text string) (ok bool) { v.Freshness, ok = freshness(text); return ok },
	},
	{
		name: "BEGIN", none: "settled", want: "joined or settled",
		help: "when test cases begin; above 32 nodes: joined",
		read: func(v *Values, text string) bool {
			v.Begin = text
			return slices.Contains([]string{"joined", "settled"}, text)
		},
	},
	{
		name: "SEED", none: "drawn", own: map[string]string{
			"advise": "1", "figures": "1", "figures:large": "1",
			"figures:real": "1",
		},
		want: "a whole number, 1 or more", help: "figures and advise: 1",
		read: func(v *Values, text string) (ok bool) { v.Seed, ok = seed(text); return ok },
	},
	{
		name: "SEEDS", usual: "1-10000", own: map[string]string{"mutants": "1-2000"},
		want: "FROM-TO, two whole numbers, 1 or more", wrong: seedsReversed,
		help: "chaos plays them all; mutants: 1-2000",
		read: func(v *Values, text string) (ok bool) { v.FirstSeed, v.LastSeed, ok = seeds(text); return ok },
	},
	{
		name: "MUTANTS", usual: ".", want: "a regular expression", help: "of the names of those to try",
		read: func(v *Values, text string) (ok bool) { v.Mutants, ok = pattern(text); return ok },
	},
	{
		name: "RUNS", usual: "runs", want: "a folder", help: "of the scenarios' runs",
		read: func(v *Values, text string) bool { v.Runs = text; return true },
	},
	{
		name: "LIVE_PAGE", usual: "on", want: "on or off", help: "a page of the demo or a scenario while it runs",
		read: func(v *Values, text string) bool { v.Page = text == "on"; return v.Page || text == "off" },
	},
	{
		name: "FIGURES", usual: "figures", want: "a folder", help: "of tables and plots",
		read: func(v *Values, text string) bool { v.Figures = text; return true },
	},
	{
		name: "REPEAT", usual: "10", own: map[string]string{"figures:real": "1"},
		want: "runs of each point in a figure, 1 to 1000",
		help: "figures:real: 1",
		read: func(v *Values, text string) (ok bool) { v.Repeat, ok = whole(text, 1, 1000); return ok },
	},
	{
		name: "SIZES", none: "the figure's own",
		own: map[string]string{
			"figures": "4,8,16,32,64,128,256,512", "figures:large": "1024,2048,4096", "figures:real": "8,16,32",
		},
		want: fmt.Sprintf("numbers of nodes, %d to %d", LeastNodes, MostNodes),
		read: func(v *Values, text string) (ok bool) {
			v.Sizes, ok = several(text, LeastNodes, MostNodes)
			return ok
		},
	},
	{
		name: "CASES", usual: "1", want: "some of 1,2,3", help: "that figures:real runs",
		read: func(v *Values, text string) (ok bool) { v.Cases, ok = several(text, 1, 3); return ok },
	},
	{
		name: "LOSS", usual: "0.05", want: lossWanted, help: "between nodes, for figures",
		read: func(v *Values, text string) (ok bool) { v.Loss, ok = loss(text); return ok },
	},
	{
		name: "SERVERS_LOSS", usual: "0", want: lossWanted, help: "to and from the monitor, for advise",
		read: func(v *Values, text string) (ok bool) { v.ServersLoss, ok = loss(text); return ok },
	},
	{
		name: "HEARTBEAT", usual: "1s", want: "a length of time", help: "for advise and scale",
		read: func(v *Values, text string) (ok bool) { v.Timing.Heartbeat, ok = length(text); return ok },
	},
	{
		name: "GOSSIP", usual: "3s", want: "a length of time", help: "for advise and scale",
		read: func(v *Values, text string) (ok bool) { v.Timing.Gossip, ok = length(text); return ok },
	},
	{
		name: "FAIL", usual: "10s", want: "a length of time", help: "T_fail, for advise and scale",
		read: func(v *Values, text string) (ok bool) { v.Timing.Fail, ok = length(text); return ok },
	},
	{
		name: "CALM", usual: "20s", want: "a length of time, 1s or more", help: "for scale and against: how long nothing happens before the first death",
		read: func(v *Values, text string) (ok bool) {
			v.Calm, ok = length(text)
			return ok && v.Calm >= time.Second
		},
	},
	{
		name: "IMAGE", none: "gossip", want: "an image", help: "that containers run",
		read: func(v *Values, text string) bool { v.Image = text; return true },
	},
	{
		name: "PREFIX", none: "gossip-run-", want: "a prefix", help: "of the containers' names",
		read: func(v *Values, text string) bool { v.Prefix = text; return true },
	},
	{
		name: "BUILD_BASE", none: "the Dockerfile's", want: "an image with Go", help: "to build the image with",
		read: func(v *Values, text string) bool { v.BuildBase = text; return true },
	},
	{
		name: "RUN_BASE", none: "the Dockerfile's", want: "an image with bash and useradd",
		help: "to build the image upon",
		read: func(v *Values, text string) bool { v.RunBase = text; return true },
	},
}

var lossWanted = fmt.Sprintf("a share of messages, 0 to %g", harness.MostLoss)

func (s setting) defaultFor(target string) string {
	if own, ok := s.own[target]; ok {
		return own
	}
	return s.usual
}

func (s setting) wanted() string {
	if s.names == nil {
		return s.want
	}
	return s.want + ": " + strings.Join(s.names(), ", ")
}

// objection says what is wrong with a text that cannot be read.
func (s setting) objection(text string) string {
	if s.wrong != nil {
		if why := s.wrong(text); why != "" {
			return why + ", want " + s.wanted()
		}
	}
	return "want " + s.wanted()
}

// Table describes all settings for people, a row for each.
func Table() terminal.Table {
	t := terminal.Table{Columns: []terminal.Column{
		{Title: "SETTING"},
		{Title: "DEFAULT"},
		{Title: "VALUES", Wrap: 20},
	}}
	for _, s := range table {
		t.Row(s.name, s.usual+s.none, s.described())
	}
	return t
}

func (s setting) described() string {
	if s.help == "" {
		return s.want
	}
	return s.want + "; " + s.help
}
