package image

import (
	"bufio"
	"io/fs"
	"regexp"
	"slices"
	"strings"
)

// mirror is the address of the first source in an apt folder that offers a
// Debian suite, "" if there is none. It reads both of apt's file formats
// (sources.list(5)).
func mirror(apt fs.FS, suite string) string {
	for _, pattern := range []string{"sources.list", "sources.list.d/*.list", "sources.list.d/*.sources"} {
		names, _ := fs.Glob(apt, pattern) // its only error is a bad pattern
		for _, name := range names {
			text, err := fs.ReadFile(apt, name)
			if err != nil {
				continue
			}
			find := oneLine
			if strings.HasSuffix(name, ".sources") {
				find = stanza
			}
			if uri := find(string(text), suite); uri != "" {
				return uri
			}
		}
	}
	return ""
}

var options = regexp.MustCompile(`\[[^]]*\]`)

// oneLine reads `deb [options] URI SUITE COMPONENT...`.
func oneLine(text, suite string) string {
	for line := range strings.Lines(text) {
		words := strings.Fields(options.ReplaceAllString(line, " "))
		if len(words) > 3 && words[0] == "deb" && words[2] == suite && slices.Contains(words[3:], "main") {
			return words[1]
		}
	}
	return ""
}

// stanza reads deb822 blocks, which are separated by empty lines.
func stanza(text, suite string) string {
	fields := map[string][]string{}
	last := ""
	found := func() string {
		if slices.Contains(fields["types"], "deb") && slices.Contains(fields["suites"], suite) &&
			slices.Contains(fields["components"], "main") && len(fields["uris"]) > 0 &&
			!slices.Contains(fields["enabled"], "no") {
			return fields["uris"][0]
		}
		return ""
	}
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.TrimSpace(line) == "":
			if uri := found(); uri != "" {
				return uri
			}
			clear(fields)
		case line[0] == ' ' || line[0] == '\t':
			fields[last] = append(fields[last], strings.Fields(line)...)
		default:
			name, value, _ := strings.Cut(line, ":")
			last = strings.ToLower(name)
			fields[last] = strings.Fields(value)
		}
	}
	return found()
}
