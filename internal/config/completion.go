package config

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// shells are those that "NAME completion SHELL" has a script for.
var shells = map[string]func(name string, flags []*kong.Flag) string{
	"bash": bashScript, "zsh": zshScript, "fish": fishScript,
}

const shellNames = "bash, zsh or fish"

// completion is the script that completes a command's flags in a shell.
func completion(name string, args []string, flags []*kong.Flag) (string, error) {
	if len(args) != 1 || shells[args[0]] == nil {
		return "", fmt.Errorf("completion %s: want one shell, %s", strings.Join(args, " "), shellNames)
	}
	var shown []*kong.Flag
	for _, f := range flags {
		if !f.Hidden {
			shown = append(shown, f)
		}
	}
	return shells[args[0]](name, shown), nil
}

// longNames are a flag's, --no-x of a switch that is on included.
func longNames(f *kong.Flag) []string {
	names := []string{"--" + f.Name}
	if f.Tag.Negatable != "" {
		names = append(names, "--no-"+f.Name)
	}
	return names
}

// Bash completes from a list of words, and else files.
func bashScript(name string, flags []*kong.Flag) string {
	all := append([]string{}, words...)
	for _, f := range flags {
		all = append(all, longNames(f)...)
	}
	return fmt.Sprintf("complete -o default -W %s %s\n", quoted(strings.Join(all, " ")), name)
}

func zshScript(name string, flags []*kong.Flag) string {
	var b strings.Builder
	function := "_" + strings.ReplaceAll(name, " ", "_")
	fmt.Fprintf(&b, "#compdef %s\n%s() {\n  _arguments \\\n", name, function)
	for _, f := range flags {
		for _, long := range longNames(f) {
			value := "=[" + zshText.Replace(f.Help) + "]:value:_files"
			if f.IsBool() {
				value = "[" + zshText.Replace(f.Help) + "]"
			}
			fmt.Fprintf(&b, "    %s \\\n", quoted(long+value))
		}
	}
	fmt.Fprintf(&b, "    %s\n}\ncompdef %s %s\n", quoted("1:word:("+strings.Join(words, " ")+")"), function, name)
	return b.String()
}

// zshText hides what ends a description.
var zshText = strings.NewReplacer("[", "(", "]", ")", ":", ",")

func fishScript(name string, flags []*kong.Flag) string {
	var b strings.Builder
	fmt.Fprintf(&b, "complete -c %s -n __fish_use_subcommand -a %s\n", name, quoted(strings.Join(words, " ")))
	for _, f := range flags {
		for _, long := range longNames(f) {
			value := " -r"
			if f.IsBool() {
				value = ""
			}
			fmt.Fprintf(&b, "complete -c %s -l %s%s -d %s\n", name, strings.TrimPrefix(long, "--"), value, quoted(f.Help))
		}
	}
	return b.String()
}

// quoted is a word for the three shells. An apostrophe ends a quotation in each.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
