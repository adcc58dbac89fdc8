package core_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"gossiprpc/monitor/core"
)

func TestConfigReadsBackFromJSON(t *testing.T) {
	seed := int64(-7)
	c := core.DefaultConfig()
	c.Protocol, c.Provider, c.Aligned, c.Seed = "scrr", "p:9000", false, &seed
	c.Labels = map[string]string{"backend": "local"}
	c.Timing = c.Timing.Scaled(3) // no round numbers
	c.Debug, c.Results, c.Directory, c.MaxNodes, c.MaxEvents, c.UTCOffset = true, "a/r.txt", "b", 3, 4, -3600
	fields := reflect.ValueOf(c)
	for i := range fields.NumField() {
		if fields.Type().Field(i).Name != "Aligned" && fields.Field(i).IsZero() {
			t.Errorf("%s is not set: this test would not miss it", fields.Type().Field(i).Name)
		}
	}
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var got core.Config
	if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, c) {
		t.Errorf("%s reads back as %+v, %v, want %+v", text, got, err, c)
	}
}

func TestWrongConfig(t *testing.T) {
	for want, change := range map[string]func(*core.Config){
		"fail interval 1s":          func(c *core.Config) { c.Timing.Fail = time.Second },
		`protocol "gossip": want`:   func(c *core.Config) { c.Protocol = "gossip" },
		"provider: bad address":     func(c *core.Config) { c.Provider = "nowhere" },
		"results: no path":          func(c *core.Config) { c.Results = "" },
		"results a.jsonl: want ano": func(c *core.Config) { c.Results = "a.jsonl" },
		"max nodes: 0":              func(c *core.Config) { c.MaxNodes = 0 },
		"max events: 0":             func(c *core.Config) { c.MaxEvents = 0 },
	} {
		c := core.DefaultConfig()
		change(&c)
		if _, err := core.New(c); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
