package xmlrpc

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestSmallClaimsPassLargeOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(64 << 10)
		ctx := context.Background()
		held, err := p.take(ctx, 1<<20) // more than there is: all that large claims may have
		if err != nil || held != 56<<10 {
			t.Fatal(held, err)
		}
		for range 8 { // an eighth is left to small ones
			if _, err := p.take(ctx, 1<<10); err != nil {
				t.Fatal(err)
			}
		}
		began := time.Now()
		if _, err := p.take(ctx, 1); !errors.Is(err, errBusy) || time.Since(began) != queuePatience {
			t.Errorf("with nothing left: %v after %v", err, time.Since(began))
		}
		var waiting sync.WaitGroup
		waiting.Go(func() {
			if n, err := p.take(ctx, 2<<10); err != nil {
				t.Error(err)
			} else {
				p.give(n)
			}
		})
		synctest.Wait()
		p.give(held)
		waiting.Wait()
		if p.used != 8<<10 || len(p.wait) != 0 {
			t.Errorf("%d used, %d wait", p.used, len(p.wait))
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPool(1000)
		ctx, cancel := context.WithCancel(context.Background())
		if _, err := p.take(ctx, 1000); err != nil {
			t.Fatal(err)
		}
		var waiting sync.WaitGroup
		for range maxQueue {
			waiting.Go(func() {
				if _, err := p.take(ctx, 500); !errors.Is(err, context.Canceled) {
					t.Errorf("%v, want the context's error", err)
				}
			})
		}
		synctest.Wait()
		if _, err := p.take(ctx, 500); !errors.Is(err, errBusy) {
			t.Errorf("one more than may wait: %v", err)
		}
		cancel()
		waiting.Wait()
		if len(p.wait) != 0 {
			t.Errorf("%d still wait", len(p.wait))
		}
	})
}

// TestPoolNeverHandsOutTooMuch takes and gives at random.
func TestPoolNeverHandsOutTooMuch(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		synctest.Test(t, func(*testing.T) {
			const size = 6400
			p := newPool(size)
			var all sync.WaitGroup
			for range rapid.IntRange(1, 30).Draw(r, "claims") {
				bytes := rapid.Int64Range(1, 2*size).Draw(r, "bytes")
				start := time.Duration(rapid.IntRange(0, 50).Draw(r, "start")) * 100 * time.Millisecond
				hold := time.Duration(rapid.IntRange(0, 30).Draw(r, "hold")) * 100 * time.Millisecond
				all.Go(func() {
					time.Sleep(start) //nolint:forbidigo // of the bubble's clock
					n, err := p.take(context.Background(), bytes)
					if err != nil {
						return
					}
					p.mu.Lock()
					if p.used > size {
						r.Errorf("%d of %d are taken", p.used, size)
					}
					p.mu.Unlock()
					time.Sleep(hold) //nolint:forbidigo // of the bubble's clock
					p.give(n)
				})
			}
			all.Wait()
			if p.used != 0 || len(p.wait) != 0 {
				r.Errorf("in the end %d are taken and %d wait", p.used, len(p.wait))
			}
		})
	})
}

// TestReckoningCoversWhatReadingCosts measures what a value costs in the heap.
func TestReckoningCoversWhatReadingCosts(t *testing.T) {
	values := make([]Value, 20000)
	for i := range values {
		values[i] = IntValue(1)
	}
	members := make([]Member, 20000)
	for i := range members {
		members[i] = Member{"n", StringValue("text")}
	}
	for name, v := range map[string]Value{"array": ArrayValue(values...), "struct": StructValue(members...)} {
		document := AppendCall(nil, "x", v)
		cost := testing.Benchmark(func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := ParseCall(document, DefaultLimits()); err != nil {
					b.Fatal(err)
				}
			}
		}).AllocedBytesPerOp()
		// Half of what is allocated is the stack's earlier sizes, which are free again.
		if reckoned := reckon(document); cost > 2*reckoned {
			t.Errorf("%s: reading allocates %d bytes, reckoned with %d", name, cost, reckoned)
		}
	}
}

func TestMethodIn(t *testing.T) {
	for head, want := range map[string]string{
		"<?xml version='1.0'?>\n<methodCall>\n<methodName>acceptSyn</methodName>": "acceptSyn",
		"<m:methodCall><m:methodName a='b'>x</m:methodName>":                      "x",
		"<methodCall><methodName>cut":                                             "", "<methodCall>": "", "": "", "<methodName": "",
	} {
		if got, ok := methodIn([]byte(head)); got != want && ok || ok != (want != "") {
			t.Errorf("%q: %q, %t", head, got, ok)
		}
	}
}
