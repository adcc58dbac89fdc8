package lab

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"gossiprpc/gossipnode/protocol"
	"gossiprpc/harness"
	"gossiprpc/harness/scenario"
	"gossiprpc/harness/sim/steered"
	"gossiprpc/internal/viewer"
)

// Run starts a cluster and serves the page on which it is watched and acted on, until
// ctx ends. paced clusters are those whose time is virtual: it is kept to the wall
// clock's. ready is told the page's address, without which nobody can look or act.
func Run(ctx context.Context, o scenario.Options, paced bool, ready func(address string)) error {
	if err := o.Validate(); err != nil {
		return err
	}
	c := &cluster{hub: viewer.NewHub(viewer.DefaultHistory), paced: paced, options: o, acts: make(chan act)}
	token := rand.Text()
	handler, err := control(c, token)
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return c.hub.Run(ctx) })
	g.Go(func() error { return c.drive(ctx) })
	g.Go(func() error {
		return serve(ctx, handler, func(address string) { ready(address + "/" + token + "/") })
	})
	return g.Wait()
}

const (
	tokenHeader = "X-Lab-Token"
	scriptName  = steered.ScriptName
	// mostAsked is how many bytes an act may have: that of a long script.
	mostAsked = 1 << 20
)

// acts are all that one can ask for.
var acts = []string{
	"kill", "interrupt", "restart", "pause", "resume", "partition", "heal", "loss", "add", "menu", "script", "new",
}

// actsOn leaves out what a backend cannot carry out.
func actsOn(b harness.Backend) []string {
	return slices.DeleteFunc(slices.Clone(acts), func(act string) bool {
		if act == "heal" {
			return !harness.Can(b, "partition") && !harness.Can(b, "loss")
		}
		return !harness.Can(b, act)
	})
}

// control is the page, its stream, and what acts on the cluster, all behind the token.
func control(c *cluster, token string) (http.Handler, error) {
	scripts, err := scripts()
	if err != nil {
		return nil, err
	}
	lab := &viewer.LabControl{
		Act: "act", Header: tokenHeader, Token: token, Acts: actsOn(c.options.Backend),
		Protocols: protocol.Names(), Scripts: scripts,
	}
	page, err := withAuthors(viewer.PageConfig{Streams: []viewer.Feed{{SSE: "events"}}, Lab: lab})
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	viewer.Serve(mux, func() viewer.PageConfig { return page })
	mux.Handle("GET /events", c.hub)
	mux.HandleFunc("GET /"+scriptName, func(w http.ResponseWriter, r *http.Request) { sendScript(w, r, c) })
	mux.HandleFunc("POST /act", func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get(tokenHeader)), []byte(token)) != 1 {
			refuse(w, http.StatusForbidden, errors.New(tokenHeader+" is not the one in the page's address"))
			return
		}
		takeAct(w, r, c)
	})
	all := http.NewServeMux()
	all.Handle("/"+token+"/", http.StripPrefix("/"+token, mux))
	return viewer.Secure(all), nil
}

// asked is the body of an act: which of acts it is, and what that needs.
type asked struct {
	Do    string   `json:"do"`
	Nodes []string `json:"nodes"`
	Share *float64 `json:"share"` // loss
	Line  string   `json:"line"`  // menu
	Text  string   `json:"text"`  // script

	// Of a new cluster; what is left out stays as it is.
	Protocol string  `json:"protocol"`
	Size     int     `json:"-"`
	Speed    float64 `json:"speed"`
	Seed     uint64  `json:"seed"`
}

// readAsked reads an act, in which nodes are a list of names, or for a new cluster how
// many there are to be.
func readAsked(r io.Reader) (asked, error) {
	var raw struct {
		asked
		Nodes json.RawMessage `json:"nodes"`
	}
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&raw); err != nil {
		return asked{}, fmt.Errorf("act: %w", err)
	}
	a := raw.asked
	into := any(&a.Nodes)
	if a.Do == "new" {
		into = &a.Size
	}
	if raw.Nodes != nil {
		if err := json.Unmarshal(raw.Nodes, into); err != nil {
			return a, fmt.Errorf("act: nodes: %w", err)
		}
	}
	return a, nil
}

func takeAct(w http.ResponseWriter, r *http.Request, c *cluster) {
	a, err := readAsked(http.MaxBytesReader(w, r.Body, mostAsked))
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	do, err := c.action(a)
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	if err := c.ask(r.Context(), do); err != nil {
		refuse(w, http.StatusConflict, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{}\n") // the viewer has gone: nobody to tell
}

// action is what an act does. The error is about the act itself.
func (c *cluster) action(a asked) (func(context.Context) error, error) {
	switch a.Do {
	case "kill", "interrupt", "restart", "pause", "resume":
		return c.word(a.Do + " " + strings.Join(a.Nodes, " ")), checkNames(a.Nodes)
	case "partition":
		return c.word("partition " + strings.Join(a.Nodes, ",")), checkNames(a.Nodes)
	case "heal":
		return c.word("heal"), nil
	case "loss":
		if a.Share == nil || *a.Share < 0 || *a.Share > 1 {
			return nil, errors.New("loss: want a share from 0 to 1")
		}
		return c.word("loss " + strconv.FormatFloat(*a.Share, 'g', -1, 64)), nil
	case "add":
		return c.add, nil
	case "menu":
		if a.Line == "" || strings.ContainsAny(a.Line, "\r\n#$'\"") {
			return nil, fmt.Errorf("menu: %q: want a line of the monitor's menu", a.Line)
		}
		return c.word("menu " + a.Line), nil
	case "script":
		return c.script(a.Text), scenario.CheckGuest(scriptName, []byte(a.Text))
	case "new":
		return c.anew(a)
	}
	return nil, fmt.Errorf("act %q: want one of %s", a.Do, strings.Join(acts, ", "))
}

var processName = regexp.MustCompile(`^[a-z]+[0-9]*$`)

func checkNames(names []string) error {
	if len(names) == 0 {
		return errors.New("want at least one process, such as node3")
	}
	for _, n := range names {
		if !processName.MatchString(n) {
			return fmt.Errorf("%q is no process, want one such as node3 or monitor", n)
		}
	}
	return nil
}

// MostNodes is up to how many nodes a run is recorded, and so can be followed.
const MostNodes = 64

// add starts one more node.
func (c *cluster) add(ctx context.Context) error {
	if c.session != nil && c.session.Nodes() >= MostNodes {
		return fmt.Errorf("add: there are %d nodes, and no more than %d can be followed", c.session.Nodes(), MostNodes)
	}
	return c.word("add")(ctx)
}

// anew starts another cluster.
func (c *cluster) anew(a asked) (func(context.Context) error, error) {
	if _, ok := protocol.ByName(a.Protocol); a.Protocol != "" && !ok {
		return nil, fmt.Errorf("protocol %q: want one of %s", a.Protocol, strings.Join(protocol.Names(), ", "))
	}
	if a.Size != 0 && (a.Size < 2 || a.Size > MostNodes) {
		return nil, fmt.Errorf("%d nodes: want 2 to %d", a.Size, MostNodes)
	}
	if a.Speed != 0 && (a.Speed < 0.01 || a.Speed > 100) {
		return nil, fmt.Errorf("speed %g: want 0.01 to 100", a.Speed)
	}
	return func(ctx context.Context) error {
		o := c.options
		o.Seed = a.Seed
		if a.Protocol != "" {
			o.Protocol = a.Protocol
		}
		if a.Size != 0 {
			o.Nodes = a.Size
		}
		if a.Speed != 0 {
			o.Speed = a.Speed
		}
		return c.open(ctx, o)
	}, nil
}

// refuse says what is wrong with an act, and where in its script.
func refuse(w http.ResponseWriter, status int, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(steered.Explain(err)) // the viewer has gone: nobody to tell
}

// sendScript is all that was done to the cluster, as a script.
func sendScript(w http.ResponseWriter, r *http.Request, c *cluster) {
	var text string
	err := c.ask(r.Context(), func(context.Context) error {
		if c.session == nil {
			return errors.New("no cluster runs")
		}
		text = c.session.Script()
		return nil
	})
	if err != nil {
		refuse(w, http.StatusConflict, err)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", "attachment; filename=lab.txt")
	_, _ = io.WriteString(w, text) // the viewer has gone: nobody to tell
}
