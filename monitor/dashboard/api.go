package dashboard

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"os"

	"gossiprpc/internal/gossip"
)

// snapshotForm is the answer of /api/v1/snapshot.
type snapshotForm struct {
	Monitor string     `json:"monitor"`
	Deaf    string     `json:"deaf"` // empty: it hears enough
	Case    *caseForm  `json:"case"` // null: none is running
	Nodes   []nodeForm `json:"nodes"`
	Matrix  [][]int    `json:"matrix,omitempty"` // only when asked for
	Events  []string   `json:"events"`
}

type caseForm struct {
	Title   string  `json:"title"`
	For     float64 `json:"running_s"`
	Waiting string  `json:"waiting"`
}

type nodeForm struct {
	Address     gossip.Address `json:"address"`
	Failed      bool           `json:"failed"`
	Eligible    bool           `json:"eligible"`
	Heartbeat   *float64       `json:"heartbeat_age_s"` // null: there was none, or it is not known
	Incarnation int            `json:"incarnation"`     // 0: not known
	Suspecting  int            `json:"suspecting"`
	Observers   int            `json:"observers"`
}

// snapshot is the monitor at this moment, with the suspect matrix if matrix=1.
func (d *Dashboard) snapshot(w http.ResponseWriter, r *http.Request) {
	s, _, err := d.readStatus(r.Context())
	if err != nil {
		d.refuse(w, err)
		return
	}
	form := snapshotForm{Monitor: d.monitor.HostPort, Deaf: s.Deaf, Nodes: []nodeForm{}, Events: append([]string{}, s.Events...)}
	if s.Running != "" {
		form.Case = &caseForm{s.Running, s.For.Seconds(), s.Waiting}
	}
	for _, n := range s.Nodes {
		f := nodeForm{
			Address: n.Address, Failed: n.Failed, Eligible: n.Eligible, Incarnation: n.Incarnation,
			Suspecting: n.Suspecting, Observers: n.Observers,
		}
		if n.HeartbeatAge >= 0 {
			age := n.HeartbeatAge.Seconds()
			f.Heartbeat = &age
		}
		form.Nodes = append(form.Nodes, f)
	}
	if r.URL.Query().Get("matrix") == "1" {
		form.Matrix = [][]int{}
		for _, row := range s.Matrix {
			cells := make([]int, len(s.Nodes))
			for j := range cells {
				if row.Has(j) {
					cells[j] = 1
				}
			}
			form.Matrix = append(form.Matrix, cells)
		}
	}
	d.sendJSON(w, form)
}

// resultList is what test cases have ended with: the objects of results.jsonl, if it
// is in reach, and results.txt.
func (d *Dashboard) resultList(w http.ResponseWriter, r *http.Request) {
	form := struct {
		Results []json.RawMessage `json:"results"` // null: only the text is in reach
		Text    string            `json:"text"`
	}{}
	if d.records != "" {
		lines, err := os.ReadFile(d.records)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			d.refuse(w, err)
			return
		}
		form.Results = []json.RawMessage{}
		for line := range bytes.Lines(lines) {
			if json.Valid(line) { // the last one may be on its way
				form.Results = append(form.Results, bytes.TrimSpace(line))
			}
		}
	}
	text, err := d.monitor.Results(r.Context())
	if err == nil {
		form.Text = text
	} else if !isFault(err) { // a fault means that there are no results yet
		d.refuse(w, err)
		return
	}
	d.sendJSON(w, form)
}

func (d *Dashboard) sendJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		d.log.Debug("answer not sent", "err", err)
	}
}
