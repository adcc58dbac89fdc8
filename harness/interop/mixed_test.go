package interop

import (
	"os"
	"testing"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
)

func TestTry(t *testing.T) {
	mix, _ := MixByName(os.Getenv("MIX"))
	spec, _ := protocol.ByName(os.Getenv("PROTOCOL"))
	o := DefaultOptions()
	o.Runs, o.Watch = os.Getenv("TRYDIR"), true
	o.Progress = harness.NewPrinter(os.Stdout)
	r, err := Run(t.Context(), o, mix, spec)
	t.Log(r.Verdict, r.Reasons, err, r.Folder)
	for _, c := range r.Cases {
		t.Log("CASE", mix.Name, spec.Name, c.Name, c.Verdict, c.Took, c.Note)
	}
}
