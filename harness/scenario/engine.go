package scenario

import (
	"errors"
	"fmt"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// engineT is what testscript takes for a *testing.T when it runs outside of
// go test.
type engineT struct {
	log     strings.Builder
	failed  bool
	skipped bool
	why     string // it skipped the rest
}

// errStop unwinds a script that has failed or skipped the rest.
var errStop = errors.New("script stopped")

func (t *engineT) Skip(args ...any) {
	t.Log(args...)
	t.skipped, t.why = true, fmt.Sprint(args...)
	panic(errStop)
}

func (t *engineT) Fatal(args ...any) {
	t.Log(args...)
	t.FailNow()
}

func (t *engineT) FailNow() {
	t.failed = true
	panic(errStop)
}

func (t *engineT) Log(args ...any) { t.log.WriteString(fmt.Sprint(args...) + "\n") }

func (t *engineT) Parallel() {}

func (t *engineT) Verbose() bool { return true }

func (t *engineT) Run(_ string, f func(testscript.T)) {
	defer func() {
		if p := recover(); p != nil && p != any(errStop) {
			panic(p)
		}
	}()
	f(t)
}

// result is what ended the script, with the file and line that the engine
// logged: "FAIL: file:line: text".
func (t *engineT) result(log string, wordErr error) error {
	if t.skipped {
		if t.why == "" {
			return errors.New("the script skipped the rest")
		}
		return fmt.Errorf("the script skipped the rest: %s", t.why)
	}
	if !t.failed {
		return nil
	}
	place, text := "", "the script failed"
	for line := range strings.Lines(log) {
		if rest, ok := strings.CutPrefix(line, "FAIL: "); ok {
			if parts := strings.SplitN(strings.TrimSpace(rest), ": ", 2); len(parts) == 2 {
				place, text = parts[0]+": ", parts[1]
			}
		}
	}
	if wordErr != nil {
		return fmt.Errorf("%s%w", place, wordErr)
	}
	// One of testscript's own commands, such as grep or cmp: an expectation.
	return unmetf("%s%s", place, text)
}
