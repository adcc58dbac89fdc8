package byhand

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// step is one thing that a page has its reader do or see.
type step struct {
	line     int    // of the page
	terminal string // "" for a directive
	kind     kind
	text     string
}

type kind string

const (
	shell     kind = "$" // typed at a shell's prompt
	program   kind = ">" // typed at a program
	control   kind = "^C"
	expect    kind = "expect" // to be seen, with "..." for anything
	directive kind = "test"
)

// readPage takes the blocks "```console TERMINAL..." out of a page, and the
// comments "<!-- test: ... -->" between them. A block for several terminals is
// done on each, with the number in the terminal's name in place of that of the
// first.
func readPage(text string) ([]step, error) {
	var steps []step
	var terminals []string
	var block []step
	for i, line := range strings.Split(text, "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		comment, isComment := strings.CutPrefix(line, "<!-- test: ")
		switch {
		case isComment:
			steps = append(steps, step{i + 1, "", directive, strings.TrimSuffix(comment, " -->")})
		case isFence && terminals != nil:
			if fence != "" {
				return nil, fmt.Errorf("line %d: a block in a block", i+1)
			}
			steps = append(steps, forEach(terminals, block)...)
			terminals, block = nil, nil
		case isFence:
			if words := strings.Fields(fence); len(words) > 0 && words[0] == "console" {
				if terminals = words[1:]; len(terminals) == 0 {
					return nil, fmt.Errorf("line %d: which terminal?", i+1)
				}
			}
		case terminals != nil && strings.TrimSpace(line) != "":
			block = append(block, readLine(i+1, line))
		}
	}
	if terminals != nil {
		return nil, fmt.Errorf("the last block does not end")
	}
	return steps, nil
}

func readLine(number int, line string) step {
	s := step{line: number, kind: expect, text: line}
	for _, k := range []kind{shell, program} {
		if rest, ok := strings.CutPrefix(line, string(k)+" "); ok {
			s.kind, s.text = k, rest
		}
	}
	if line == string(control) {
		s.kind, s.text = control, ""
	}
	return s
}

// forEach repeats a block. The kinds of step are done in step on all terminals,
// so that those who are to press Ctrl-C together do.
func forEach(terminals []string, block []step) []step {
	var steps []step
	first := strings.TrimLeft(terminals[0], letters)
	for _, s := range block {
		for _, t := range terminals {
			s.terminal = t
			each := s
			if n := strings.TrimLeft(t, letters); len(terminals) > 1 && first != "" {
				each.text = strings.ReplaceAll(s.text, "node_"+first, "node_"+n)
			}
			steps = append(steps, each)
		}
	}
	return steps
}

const letters = "abcdefghijklmnopqrstuvwxyz-"

func TestReadPage(t *testing.T) {
	steps, err := readPage("text\n```sh\nnot this\n```\n<!-- test: joined a b -->\n" +
		"```console t3 t4\n$ run node_3\n> in\n\n^C\nout ...\n```\n")
	if err != nil {
		t.Fatal(err)
	}
	want := []step{
		{5, "", directive, "joined a b"},
		{7, "t3", shell, "run node_3"},
		{7, "t4", shell, "run node_4"},
		{8, "t3", program, "in"},
		{8, "t4", program, "in"},
		{10, "t3", control, ""},
		{10, "t4", control, ""},
		{11, "t3", expect, "out ..."},
		{11, "t4", expect, "out ..."},
	}
	if !slices.Equal(steps, want) {
		t.Errorf("got %v\nwant %v", steps, want)
	}
	for _, bad := range []string{"```console\n```", "```console t\n$ x\n", "```console t\n```sh\n"} {
		if _, err := readPage(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

// The page names every command of the original's README, by its new name.
func TestPageIsWhole(t *testing.T) {
	text, err := os.ReadFile("../../docs/BY-HAND.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"docker build -t gossip .", "docker-compose up -d --scale node=8", "docker-compose down",
		"docker exec -u root -it monitor-node /bin/bash", "monitor --config config_files/monitor.json",
		"docker exec -it provider-node /bin/bash", "provider --config config_files/provider.json --version random",
		"docker exec -u root -it gossiprpc_node_3 /bin/bash", "docker network create --driver bridge gossip-network",
		"--name monitor-node --network gossip-network gossip", "monitor --config ./config/monitor.json",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("BY-HAND.md lacks %q", want)
		}
	}
}
