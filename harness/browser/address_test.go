package browser

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
)

// anyAddress draws thousands of addresses, most of them nonsense, and has the page's own
// code read them: it must read each, and what it has understood must come back when it
// is written and read again, with nothing to complain of.
func anyAddress(ctx context.Context, t *testing.T, run *simulated) {
	keys := strings.Fields("protocol nodes seed t node speed theme type constructor __proto__ toString")
	texts := append(strings.Fields("= & # % %E0%A4%A %00 %26 %3D rr scrr random dark large 8 16384 1e9 -1 0x10 0.1"+
		" 50 NaN Infinity 21.4 18446744073709551615 <b> ' \" \\"), "", " ", "\u2028", "\U0001F4A5")
	random := rand.New(rand.NewPCG(1, 0xadd))
	addresses := make([]string, 5000)
	for i := range addresses {
		var b strings.Builder
		for range random.IntN(5) {
			b.WriteString(keys[random.IntN(len(keys))])
			if random.IntN(8) > 0 {
				b.WriteString("=")
			}
			b.WriteString(texts[random.IntN(len(texts))])
			if random.IntN(8) == 0 {
				b.WriteString(texts[random.IntN(len(texts))])
			}
			b.WriteString("&")
		}
		addresses[i] = b.String()
	}
	list, err := json.Marshal(addresses)
	if err != nil {
		t.Fatal(err)
	}
	visit(ctx, t, serveStream(t, run.lines))
	got := evaluate[[]string](ctx, t, `import('./address.js').then(({ read, write }) =>
	`+string(list)+`.flatMap((address) => {
		try {
			const { values } = read(address), again = read(write(values));
			const text = (o) => JSON.stringify(Object.entries(o).sort());
			const same = text(again.values) === text(values);
			if (same && again.complaints.length === 0) return [];
			return [address + ' is read as ' + JSON.stringify(values) + ', then ' + JSON.stringify(again)];
		} catch (e) { return [address + ': ' + e]; }
	}).slice(0, 5))`)
	for _, wrong := range got {
		t.Error(wrong)
	}
	read := evaluate[int](ctx, t, `import('./address.js').then(({ read }) => `+string(list)+
		`.filter((address) => Object.keys(read(address).values).length > 0).length)`)
	if read < len(addresses)/100 {
		t.Errorf("%d of %d addresses mean anything: the test shows little", read, len(addresses))
	}
}
