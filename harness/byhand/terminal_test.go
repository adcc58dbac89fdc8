//go:build !windows

package byhand

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
)

// terminal is a pseudo-terminal with a shell in the repository's folder.
type terminal struct {
	t     *testing.T
	name  string
	shell *exec.Cmd
	tty   *os.File
	read  chan struct{} // closed when the reader has ended

	mu   sync.Mutex
	seen string // since the last thing typed, less what has been awaited
	all  string

	interrupted bool // by the last thing typed
}

func openTerminal(t *testing.T, name string) *terminal {
	t.Helper()
	shell := exec.CommandContext(t.Context(), "bash", "--norc", "--noprofile")
	shell.Dir = "../.."
	shell.Env = append(os.Environ(), "PS1=$ ", "TERM=dumb", "HISTFILE=")
	tty, err := pty.StartWithSize(shell, &pty.Winsize{Rows: 50, Cols: 200})
	if err != nil {
		t.Fatal(err)
	}
	term := &terminal{t: t, name: name, shell: shell, tty: tty, read: make(chan struct{})}
	go func() {
		defer close(term.read)
		buffer := make([]byte, 4096)
		pending := ""
		for {
			n, err := tty.Read(buffer)
			term.mu.Lock()
			var text string
			text, pending = clean(pending + string(buffer[:n]))
			term.seen += text
			term.all += text
			term.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return term
}

// escapes are what programs send to terminals beside text.
var (
	escapes    = regexp.MustCompile("\x1b\\[[0-9;?]*[a-zA-Z]|\x1b\\][^\x07]*\x07|\r")
	cursorDown = regexp.MustCompile("\x1b\\[[0-9]*B")
	unfinished = regexp.MustCompile("\x1b(\\[[0-9;?]*|\\][^\x07]*)?$")
)

// clean leaves the text, and what may be the beginning of an escape. Compose
// goes down by the cursor, not by a newline, to where the next prompt is.
func clean(raw string) (text, pending string) {
	if at := unfinished.FindStringIndex(raw); at != nil {
		raw, pending = raw[:at[0]], raw[at[0]:]
	}
	return escapes.ReplaceAllString(cursorDown.ReplaceAllString(raw, "\n"), ""), pending
}

// prompt is the end of a shell's prompt, ours (`$ `) or one in a container
// (`app_user@id:~$ `,
// `root@id:/home/app_user# `), which a change of the terminal's size prints again.
var prompt = regexp.MustCompile(`((^|\n|\^C)\$|\S+@\S+[$#]) $`)

func (x *terminal) until(what string, limit time.Duration, done func(seen string) (rest string, ok bool)) error {
	deadline := time.NewTimer(limit)
	defer deadline.Stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		x.mu.Lock()
		rest, ok := done(x.seen)
		if ok {
			x.seen = rest
		}
		seen := x.seen
		x.mu.Unlock()
		if ok {
			return nil
		}
		select {
		case <-deadline.C:
			return fmt.Errorf("no %s within %s, but:\n%s", what, limit, seen)
		case <-tick.C:
		}
	}
}

func (x *terminal) typeAtPrompt(line string, limit time.Duration) error {
	if err := x.awaitPrompt(limit); err != nil {
		return err
	}
	return x.typeLine(line)
}

func (x *terminal) awaitPrompt(limit time.Duration) error {
	return x.until("shell prompt", limit, func(seen string) (string, bool) { return seen, prompt.MatchString(seen) })
}

func (x *terminal) typeLine(line string) error {
	x.mu.Lock()
	x.seen, x.interrupted = "", false
	x.mu.Unlock()
	_, err := x.tty.WriteString(line + "\n")
	return err
}

func (x *terminal) interrupt() error {
	x.mu.Lock()
	x.seen, x.interrupted = "", true
	x.mu.Unlock()
	_, err := x.tty.WriteString("\x03")
	return err
}

// await waits for a line of the page behind the last one awaited. Space at the
// ends of lines does not count.
func (x *terminal) await(line string, limit time.Duration) error {
	parts := strings.Split(strings.TrimSpace(line), "...")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	pattern := regexp.MustCompile(strings.Join(parts, `[^\n]+?`))
	return x.until(fmt.Sprintf("%q", line), limit, func(seen string) (string, bool) {
		at := pattern.FindStringIndex(seen)
		if at == nil {
			return "", false
		}
		return seen[at[1]:], true
	})
}

func (x *terminal) close() {
	_ = x.shell.Process.Kill() // it may have ended by exit
	_ = x.shell.Wait()
	_ = x.tty.Close()
	<-x.read
	if x.t.Failed() {
		x.t.Logf("terminal %s:\n%s", x.name, x.all)
	}
}
