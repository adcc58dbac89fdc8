package xmlrpc_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gossiprpc/internal/xmlrpc"

	kolo "github.com/kolo/xmlrpc"
)

// seeds are the captures of the original, what kolo writes, and what came up in
// tables of other tests.
func seeds(f *testing.F, suffix string) {
	files, err := filepath.Glob("../wire/testdata/*" + suffix)
	if err != nil || len(files) == 0 {
		f.Fatal("no captures: ", err)
	}
	for _, file := range files {
		document, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(document)
	}
	for _, arg := range []any{1, true, 1.5, "a&b", []any{"x", 2}, map[string]any{"k": []any{1}}, kolo.Base64("AQID")} {
		document, err := kolo.EncodeMethodCall("m", arg)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(document)
		f.Add(
			[]byte(
				strings.NewReplacer("<methodCall><methodName>m</methodName>", "<methodResponse>", "methodCall", "methodResponse").
					Replace(string(document)),
			),
		)
	}
	f.Add([]byte("<?xml version='1.0' encoding='ISO-8859-1'?><methodCall><methodName>\xfc</methodName></methodCall>"))
	f.Add([]byte(param("<value>\r\n&#13;&lt;</value>")))
	f.Add([]byte(param("<value a='b'><ex:nil/></value>")))
	f.Add([]byte(nested(3)))
	f.Add(xmlrpc.AppendFault(nil, &xmlrpc.Fault{Code: 1, Text: "<class 'Exception'>:x"}))
}

func FuzzParseCall(f *testing.F) {
	seeds(f, ".call.xml")
	limits := xmlrpc.Limits{MaxDepth: 16, MaxElements: 1000}
	f.Fuzz(func(t *testing.T, document []byte) {
		method, args, err := xmlrpc.ParseCall(document, limits)
		if err != nil {
			var syntax *xmlrpc.SyntaxError
			if !errors.As(err, &syntax) && !errors.Is(err, xmlrpc.ErrLimit) {
				t.Fatalf("an error of another kind: %v", err)
			}
			return
		}
		twinMethod, twinArgs, err := twinCall(document)
		if err != nil || twinMethod != method || same(twinArgs, args) != "" {
			t.Fatalf("encoding/xml reads %q, %v%s", twinMethod, err, same(twinArgs, args))
		}
		again, againArgs, err := xmlrpc.ParseCall(xmlrpc.AppendCall(nil, method, args...), limits)
		if err != nil || again != method || same(args, againArgs) != "" {
			t.Fatalf("written and read again: %q, %v%s", again, err, same(args, againArgs))
		}
	})
}

func FuzzParseAnswer(f *testing.F) {
	seeds(f, ".answer.xml")
	limits := xmlrpc.Limits{MaxDepth: 16, MaxElements: 1000}
	f.Fuzz(func(t *testing.T, document []byte) {
		v, err := xmlrpc.ParseAnswer(document, limits)
		var syntax *xmlrpc.SyntaxError
		var fault *xmlrpc.Fault
		switch {
		case errors.As(err, &fault):
			_, err := twinAnswer(document)
			var twin *xmlrpc.Fault
			if !errors.As(err, &twin) || *twin != *fault {
				t.Fatalf("encoding/xml reads %v, the scanner %v", err, fault)
			}
			err = kolo.Response(xmlrpc.AppendFault(nil, fault)).Err()
			if !errors.Is(err, kolo.FaultError{Code: fault.Code, String: fault.Text}) {
				t.Fatalf("kolo reads %v, the scanner %v", err, fault)
			}
		case errors.As(err, &syntax), errors.Is(err, xmlrpc.ErrLimit):
		case err != nil:
			t.Fatalf("an error of another kind: %v", err)
		default:
			twin, err := twinAnswer(document)
			if err != nil || same(twin, v) != "" {
				t.Fatalf("encoding/xml reads %v%s", err, same(twin, v))
			}
			again, err := xmlrpc.ParseAnswer(xmlrpc.AppendAnswer(nil, v), limits)
			if err != nil || same(v, again) != "" {
				t.Fatalf("written and read again: %v%s", err, same(v, again))
			}
		}
	})
}
