package scenario

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// word is one command of the script language.
type word struct {
	usage string // arguments, for people
	help  string
	least int // arguments at least
	most  int // arguments at most; -1: any number
	run   func(*run, []string) error
}

// words is the script language beside testscript's own commands. It is a
// function because the words' code refers back to it.
func words() map[string]word {
	return map[string]word{
		"cluster": {
			"N PROTOCOL [heartbeat=D] [gossip=D] [fail=D] [align=BOOL] [freshness=arrival|emission] [seed=N] [tls=on|off]",
			"start monitor, provider and N nodes; tls=on: with certificates", 2, 9, (*run).startCluster,
		},
		"await": {
			"joined | settled | results | dead NAME... | alive NAME... | menu REGEXP, each with [within D]",
			"let time pass until it is so; settled: joined, and no handshake is due any more", 1, -1, (*run).await,
		},
		"kill":      {"NAME...", "end processes at once (SIGKILL)", 1, -1, (*run).kill},
		"interrupt": {"NAME...", "one Ctrl-C", 1, -1, (*run).interrupt},
		"restart":   {"NAME...", "start them again", 1, -1, (*run).restart},
		"add":       {"", "start one more node, the next of node1 to nodeN", 0, 0, (*run).add},
		"pause":     {"NAME...", "stop them without ending them", 1, -1, (*run).pause},
		"resume":    {"NAME...", "let paused ones go on", 1, -1, (*run).resume},
		"partition": {
			"NAME[,NAME...]...", "cut these groups off from each other and from all others", 1, -1, (*run).partition,
		},
		"cut":   {"FROM TO", "drop whatever one process sends to another, its answers too", 2, 2, (*run).cut},
		"loss":  {"SHARE", "drop this share of the messages between nodes, as 0.1 or 10%", 1, 1, (*run).loss},
		"heal":  {"", "end partition, cuts and loss", 0, 0, (*run).heal},
		"menu":  {"TEXT...", "type a line at the monitor's menu", 1, -1, (*run).menu},
		"sleep": {"D", "let time pass", 1, 1, (*run).sleep},
		"repeat": {
			"N WORD... [; WORD...]...", "do this so often, 1 to 1000 times", 2, -1, (*run).repeat,
		},
		"allow": {"dead NAME...", "these may be held dead though they run", 2, -1, (*run).allow},
		"expect": {
			"case N | nodes N | victims NAME... | within D | false-failures N | false-suspicions N | " +
				"disputed N (of the last result); results N | dead NAME... | alive NAME...",
			"fail unless it is so", 2, -1, (*run).expect,
		},
	}
}

// engineWords are testscript's own commands. Its kill, which ends background
// commands, is not among them: here kill ends processes of the cluster.
var engineWords = strings.Fields("cd chmod cmp cmpenv cp env exec exists grep mkdir mv rm skip stderr stdin stdout " +
	"stop symlink ttyin ttyout unix2dos unquote wait")

func knownWords() string {
	return ownWords() + "; and testscript's " + strings.Join(engineWords, ", ")
}

// Words describes the script language for people, a line for each word.
func Words() string {
	var b strings.Builder
	table := words()
	for _, name := range slices.Sorted(maps.Keys(table)) {
		w := table[name]
		fmt.Fprintf(&b, "  %s\n      %s\n", strings.TrimSpace(name+" "+w.usage), w.help)
	}
	return b.String() + `
Names: node1, node2 and so on, ranges such as node2..node4, others (every node
that runs undisturbed), newest (the last node), monitor, provider. Lengths of time D are terms joined by
'+': 20s (divided by SPEED), fail, 2*gossip, heartbeat, bound (by when the last
act must show). Counts N may be ranges such as 0..3. A line may begin with
conditions: [local] [docker] [sim], or [!local]; [partition] [cut] [loss] where
these words work. $PROTOCOL, $NODES and $SPEED come from the environment; $BEGIN is
settled, or joined in clusters of more than 32 nodes (BEGIN sets it); $LAST, $LAST2 and $LAST3 are the last nodes' names.
testscript's own words: ` + strings.Join(engineWords, " ") + ".\n"
}
