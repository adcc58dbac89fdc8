package authors

import "testing"

func TestRecordedCoversTheAuthorsRuns(t *testing.T) {
	all, err := Recorded()
	if err != nil || len(all) != 36 {
		t.Fatalf("%d recordings, %v, want 36", len(all), err)
	}
	for _, name := range []string{"random", "rr", "scrr", "brr"} {
		for kase := 1; kase <= 3; kase++ {
			for _, nodes := range []int{8, 16, 32} {
				if Time(name, kase, nodes, 1) == "-" {
					t.Errorf("nothing for %s, case %d, %d nodes", name, kase, nodes)
				}
			}
		}
	}
	if got := Time("rr", 1, 9, 1); got != "-" {
		t.Errorf("nine nodes: %q", got)
	}
	if at1, at5 := Time("scrr", 2, 8, 1), Time("scrr", 2, 8, 5); at1 != "51.7 s" || at5 != "10.3 s" {
		t.Errorf("at SPEED=1 %q, at SPEED=5 %q, want 51.7 s and a fifth of it", at1, at5)
	}
}
