package wire

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"gossiprpc/internal/gossip"
	"gossiprpc/internal/xmlrpc"
)

func members(n int) (list []gossip.Address) {
	for i := range n {
		list = append(list, gossip.Address(fmt.Sprintf("node%05d:5000", n-i)))
	}
	return list
}

// TestListsComeOnce: a large list comes again only when it has changed, in its order too; a
// small one is asked for as an original does.
func TestListsComeOnce(t *testing.T) {
	r := &recorder{}
	to, called := counting(t, ProviderMethods(r))
	_, c := serve(t, xmlrpc.Methods{})
	var lists Lists
	const terseMethod = "getMappingTerse"
	swapped := members(65)
	slices.Reverse(swapped)
	for _, step := range []struct {
		what         string
		list         []gossip.Address
		plain, terse int // calls so far
		same         bool
	}{
		{"small", members(64), 1, 0, false},
		{"small again", members(64), 2, 0, false},
		{"grown", members(65), 3, 0, false},
		{"large, for the first time with a mark", members(65), 3, 1, false},
		{"large, as it was", members(65), 3, 2, true},
		{"in another order", swapped, 3, 3, false},
		{"as it was", swapped, 3, 4, true},
		{"one more", append(swapped, "new:1"), 3, 5, false},
		{"small again", members(3), 3, 6, false},
		{"asked for as a small one", members(3), 4, 6, false},
		{"empty", nil, 5, 6, false},
	} {
		r.members = step.list
		_, before := lists.last(string(to))
		got, err := lists.Members(t.Context(), Provider{c, string(to)})
		if err != nil || same(step.list, got) != "" {
			t.Fatalf("%s: %v%s", step.what, err, same(step.list, got))
		}
		if kept := len(got) > 0 && len(before) > 0 && &got[0] == &before[0]; kept != step.same {
			t.Errorf("%s: the list is the one of before: %v", step.what, kept)
		}
		if calls := called(); calls[getMapping] != step.plain || calls[terseMethod] != step.terse {
			t.Errorf("%s: called %v, want %d and %d", step.what, calls, step.plain, step.terse)
		}
	}
}

// TestAListOfAnotherProvider is nobody's mark.
func TestAListOfAnotherProvider(t *testing.T) {
	_, c := serve(t, xmlrpc.Methods{})
	var lists Lists
	for i := range 2 {
		r := &recorder{members: members(100 + i)}
		to, called := counting(t, ProviderMethods(r))
		for range 3 {
			if got, err := lists.Members(t.Context(), Provider{c, string(to)}); err != nil || len(got) != 100+i {
				t.Fatal(len(got), err)
			}
		}
		if calls := called(); calls[getMapping] != 1 || calls["getMappingTerse"] != 2 {
			t.Errorf("provider %d: called %v", i, calls)
		}
	}
}

// TestAProviderWithoutMarks is asked once by the extension, and as an original from then on.
func TestAProviderWithoutMarks(t *testing.T) {
	methods := ProviderMethods(&recorder{members: members(100)})
	maps.DeleteFunc(methods, func(name string, _ xmlrpc.Method) bool { return strings.HasSuffix(name, "Terse") })
	to, called := counting(t, methods)
	_, c := serve(t, xmlrpc.Methods{})
	var lists Lists
	for range 4 {
		if got, err := lists.Members(t.Context(), Provider{c, string(to)}); err != nil || same(members(100), got) != "" {
			t.Fatal(len(got), err)
		}
	}
	if calls := called(); calls[getMapping] != 4 || calls["getMappingTerse"] != 1 {
		t.Errorf("called %v", calls)
	}
}

// TestTheRestOfAList comes to who has its beginning.
func TestTheRestOfAList(t *testing.T) {
	list := members(100)
	for _, c := range []struct {
		has  string
		want string // in whole lines
	}{
		{markOf(list), markOf(list) + "\n"},
		{markOf(list[:98]), markOf(list) + " +\n" + string(list[98]) + "\n" + string(list[99]) + "\n"},
		{markOf(list[1:98]), ""},
		{markOf(append(members(100), "new:1")), ""},
		{"", ""},
		{"98.", ""},
		{"-1." + markOf(list), ""},
		{"0.0", ""},
		{"x", ""},
	} {
		v, err := markedList(&recorder{members: list}).Call(t.Context(), []xmlrpc.Value{xmlrpc.StringValue(c.has)})
		if err != nil || c.want != "" && v.Str != c.want || c.want == "" && v.Kind == xmlrpc.String {
			t.Errorf("who has %.20q is told %.60q, %v, want %.60q", c.has, v.Str, err, c.want)
		}
	}
	mark, all, err := parseList(markOf(list)+" +\n"+string(list[99])+"\n", "m", list[:99])
	if err != nil || mark != markOf(list) || same(list, all) != "" {
		t.Errorf("read as %q, %s, %v", mark, same(list, all), err)
	}
}

func TestBadLists(t *testing.T) {
	has := members(3)
	for text, want := range map[string]string{
		"":                                     "no mark",
		"1":                                    "no mark",
		"\na:1\n":                              "no mark",
		"1\na:1":                               `line 2 of the list is string "a:1", want an address and a newline`,
		"1\na:1\nb\n":                          "line 3",
		"1\n\n":                                "line 2",
		"1\n" + strings.Repeat("a:1\n", 16385): "more than 16384",
	} {
		if _, list, err := parseList(text, "f", has); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30q: %d, %v, want %s", text, len(list), err, want)
		}
	}
	for text, want := range map[string]int{"f\n": 3, "1\n": 0, "f\na:1\n": 1, "1\na:1\nb:1\n": 2} {
		if mark, list, err := parseList(text, "f", has); err != nil || list == nil || len(list) != want || mark != text[:1] {
			t.Errorf("%q: mark %q, %d, %v, want %d", text, mark, len(list), err, want)
		}
	}
	list, err := new(Lists).Members(t.Context(), Provider{must(xmlrpc.NewClient(xmlrpc.DefaultClientOptions())), "127.0.0.1:1"})
	if err == nil {
		t.Errorf("%v from nobody", list)
	}
}

func must[T any](t T, err error) T {
	if err != nil {
		panic(err)
	}
	return t
}
