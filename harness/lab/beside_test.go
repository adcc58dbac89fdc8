package lab

import (
	"bufio"
	"errors"
	"net/http"
	"strings"
	"testing"

	"gossiprpc/harness/scenario"
	"gossiprpc/harness/sim"
)

func TestBesideShowsARunWhileItGoesOn(t *testing.T) {
	addresses := make(chan string, 1)
	own := errors.New("the run's own")
	err := Beside(t.Context(), func(a string) { addresses <- a }, func(err error) { t.Error(err) },
		func(opened func(string)) error {
			o := scenario.DefaultOptions()
			o.Backend, o.Nodes, o.Seed, o.Runs, o.Opened = sim.Backend{Live: true}, 4, 3, t.TempDir(), opened
			text := "cluster 4 rr\nawait joined\nkill node4\nawait dead node4\n"
			if _, err := scenario.Run(t.Context(), o, "x.txt", []byte(text)); err != nil {
				return err
			}
			answer, err := http.Get(<-addresses + "/events")
			if err != nil {
				return err
			}
			defer answer.Body.Close()
			for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
				if strings.Contains(lines.Text(), `"k":"verdict","node":3,"failed":true`) {
					return own
				}
			}
			return errors.New("the stream has ended without the verdict")
		})
	if !errors.Is(err, own) {
		t.Error(err)
	}
}
