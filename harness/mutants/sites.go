package mutants

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// edit is one small change of a file: the bytes from..to become text.
type edit struct {
	file     string
	from, to int
	text     string
}

// operators are what each one is changed to.
var operators = map[token.Token]token.Token{
	token.LSS: token.LEQ, token.LEQ: token.LSS, token.GTR: token.GEQ, token.GEQ: token.GTR,
	token.EQL: token.NEQ, token.NEQ: token.EQL, token.LAND: token.LOR, token.LOR: token.LAND,
	token.ADD: token.SUB, token.SUB: token.ADD, token.MUL: token.QUO, token.QUO: token.MUL,
	token.REM: token.MUL, token.AND: token.OR, token.OR: token.AND, token.SHL: token.SHR, token.SHR: token.SHL,
	token.INC: token.DEC, token.DEC: token.INC,
	token.ADD_ASSIGN: token.SUB_ASSIGN, token.SUB_ASSIGN: token.ADD_ASSIGN,
}

// sites finds every small change that there is to a room: conditions the other way
// round or half of them gone, other operators, numbers off by one, statements left
// out. They are in the order of files and places.
func sites(root, room string) ([]edit, map[string]string, error) {
	dir := filepath.Join(root, filepath.FromSlash(room))
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, nil, err
	}
	var all []edit
	texts := map[string]string{}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		text, err := os.ReadFile(f)
		if err != nil {
			return nil, nil, err
		}
		name := room + "/" + filepath.Base(f)
		texts[name] = string(text)
		some, err := editsOf(name, string(text))
		if err != nil {
			return nil, nil, err
		}
		all = append(all, some...)
	}
	if len(all) == 0 {
		return nil, nil, fmt.Errorf("room %s: nothing to change in %d files", room, len(texts))
	}
	return all, texts, nil
}

func editsOf(name, text string) ([]edit, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	s := scan{name: name, text: text, at: func(p token.Pos) int { return set.Position(p).Offset }}
	ast.Inspect(parsed, s.visit)
	slices.SortStableFunc(s.found, func(a, b edit) int { return a.from - b.from })
	return s.found, nil
}

// scan collects the edits of one file.
type scan struct {
	name, text string
	at         func(token.Pos) int
	found      []edit
}

func (s *scan) add(from, to token.Pos, text string) {
	s.found = append(s.found, edit{s.name, s.at(from), s.at(to), text})
}

func (s *scan) source(n ast.Node) string { return s.text[s.at(n.Pos()):s.at(n.End())] }

func (s *scan) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IfStmt:
		s.negate(n.Cond)
	case *ast.ForStmt:
		if n.Cond != nil {
			s.negate(n.Cond)
		}
	case *ast.BinaryExpr:
		s.operator(n.OpPos, n.Op)
		if n.Op == token.LAND || n.Op == token.LOR {
			s.add(n.Pos(), n.End(), s.source(n.X))
			s.add(n.Pos(), n.End(), s.source(n.Y))
		}
	case *ast.IncDecStmt:
		s.operator(n.TokPos, n.Tok)
		s.leaveOut(n)
	case *ast.AssignStmt:
		s.operator(n.TokPos, n.Tok)
		if n.Tok != token.DEFINE {
			s.leaveOut(n)
		}
	case *ast.ExprStmt, *ast.BranchStmt:
		s.leaveOut(n)
	case *ast.ReturnStmt:
		if len(n.Results) == 0 {
			s.leaveOut(n)
		}
	case *ast.Ident:
		switch n.Name {
		case "true":
			s.add(n.Pos(), n.End(), "false")
		case "false":
			s.add(n.Pos(), n.End(), "true")
		}
	case *ast.BasicLit:
		if v, err := strconv.ParseInt(n.Value, 0, 64); n.Kind == token.INT && err == nil {
			s.add(n.Pos(), n.End(), strconv.FormatInt(v+1, 10))
		}
	}
	return true
}

func (s *scan) negate(cond ast.Expr) { s.add(cond.Pos(), cond.End(), "!("+s.source(cond)+")") }

func (s *scan) operator(at token.Pos, is token.Token) {
	if to, ok := operators[is]; ok {
		s.add(at, at+token.Pos(len(is.String())), to.String())
	}
}

// leaveOut takes a statement out, and with it the lines that are empty then.
func (s *scan) leaveOut(n ast.Node) {
	from, to := s.at(n.Pos()), s.at(n.End())
	line := strings.LastIndexByte(s.text[:from], '\n') + 1
	end := to + strings.IndexByte(s.text[to:], '\n') + 1
	if strings.TrimSpace(s.text[line:from]) == "" && strings.TrimSpace(s.text[to:end]) == "" {
		from, to = line, end
	}
	s.found = append(s.found, edit{s.name, from, to, ""})
}

// mutant is the edit in the form of the list.
func (e edit) mutant(text string) Mutant {
	line := 1 + strings.Count(text[:e.from], "\n")
	from := strings.LastIndexByte(text[:e.from], '\n') + 1
	to := e.to
	if e.to == e.from || text[e.to-1] != '\n' {
		to += strings.IndexByte(text[e.to:], '\n') + 1
	}
	m := Mutant{Name: fmt.Sprintf("%s:%d", e.file, line), Rule: "unknown", File: e.file}
	for h := (Hunk{text[from:to], text[from:e.from] + e.text + text[e.to:to]}); ; {
		m.Hunks = []Hunk{h}
		if _, err := m.apply(text); err == nil || from == 0 {
			return m
		}
		// The lines occur more than once: one line before them tells them apart.
		before := strings.LastIndexByte(text[:from-1], '\n') + 1
		h = Hunk{text[before:from] + h.Old, text[before:from] + h.New}
		from = before
	}
}
