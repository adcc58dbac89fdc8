package live

import (
	"testing"
	"time"

	"gossiprpc/internal/wire/statesfile"

	"github.com/google/go-cmp/cmp"
)

func TestMissing(t *testing.T) {
	collected, err := parse([]byte(`{
		"a:1": {"a:1": {"heartBeat": {"generation": 100}}, "b:1": {"heartBeat": {"generation": 99}},
			"c:1": {"heartBeat": {"generation": 100}}},
		"b:1": {"a:1": {"heartBeat": {"generation": 100}}, "b:1": {"heartBeat": {"generation": 100}},
			"c:1": {"heartBeat": {"generation": 101}}}
	}`))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Unix(100, 999)
	got := collected.Missing([]Node{{"a", "a:1", at}, {"b", "b:1", at}, {"c", "c:1", at}})
	want := map[string][]string{
		"a": {"b"}, // an earlier process of b
		"c": {"a", "b", "c"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if got := collected.Missing([]Node{{"b", "b:1", at}}); len(got) != 0 {
		t.Errorf("b alone lacks %v", got)
	}
}

func TestReadHalfAFile(t *testing.T) {
	for _, text := range []string{"", `{"a:1": {"a:1"`} {
		if _, err := parse([]byte(text)); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

func parse(text []byte) (Collected, error) { return statesfile.Generations(text) }
