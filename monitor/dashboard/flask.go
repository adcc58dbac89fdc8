package dashboard

import (
	"encoding/json"
	"errors"
	"html"
	"io"
	"net/http"
	"strconv"
	"strings"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

// The routes of the original's Flask app, in its text forms (docs/DECISIONS.md, "What
// the web app serves").

func (d *Dashboard) suspectMatrix(w http.ResponseWriter, r *http.Request) {
	matrix, err := d.monitor.SuspectMatrix(r.Context())
	if err != nil {
		d.refuse(w, err)
		return
	}
	if len(matrix) == 0 {
		matrix = [][]int{{}}
	}
	rows := make([]string, len(matrix))
	for i, row := range matrix {
		rows[i] = pythonList(row)
	}
	sendHTML(w, "["+strings.Join(rows, ", ")+"]")
}

func (d *Dashboard) faultVector(w http.ResponseWriter, r *http.Request) {
	vector, err := d.monitor.FaultVector(r.Context())
	if err != nil {
		d.refuse(w, err)
		return
	}
	sendHTML(w, pythonList(vector))
}

// status is Flask's jsonify: sorted keys, no spaces, a newline at the end.
func (d *Dashboard) status(w http.ResponseWriter, r *http.Request) {
	live, dead, err := d.monitor.AliveDead(r.Context())
	if err != nil {
		d.refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	answer := struct {
		Dead []gossip.Address `json:"dead"`
		Live []gossip.Address `json:"live"`
	}{append([]gossip.Address{}, dead...), append([]gossip.Address{}, live...)}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		d.log.Debug("status not sent", "err", err)
	}
}

// results is the answer of readFile, whose line breaks are HTML; nothing else in
// it may be.
func (d *Dashboard) results(w http.ResponseWriter, r *http.Request) {
	text, err := d.monitor.Results(r.Context())
	if err != nil {
		d.refuse(w, err)
		return
	}
	lines := strings.Split(text, "<br>")
	for i, line := range lines {
		lines[i] = html.EscapeString(line)
	}
	sendHTML(w, strings.Join(lines, "<br>"))
}

func pythonList(cells []int) string {
	texts := make([]string, len(cells))
	for i, c := range cells {
		texts[i] = strconv.Itoa(c)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

func sendHTML(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, text) // the viewer has gone: nobody to tell
}

// refuse answers 500 when the monitor has answered with a fault, as the original
// when there are no results yet, and 502 when it has not answered.
func (d *Dashboard) refuse(w http.ResponseWriter, err error) {
	status := http.StatusBadGateway
	if isFault(err) {
		status = http.StatusInternalServerError
	}
	d.log.Info("monitor not read", "err", err)
	http.Error(w, err.Error(), status)
}

// isFault tells whether the monitor has answered, with a fault.
func isFault(err error) bool { return errors.As(err, new(*xmlrpc.Fault)) }
