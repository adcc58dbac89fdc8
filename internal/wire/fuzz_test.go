package wire

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"gossiprpc/internal/xmlrpc"
)

// FuzzServer: whatever is posted to a process, it is answered by one of the statuses that
// SECURITY.md tells of, and with status 200 by a document that can be read.
func FuzzServer(f *testing.F) {
	files, err := filepath.Glob("testdata/*.call.xml")
	if err != nil || len(files) == 0 {
		f.Fatal("no captures: ", err)
	}
	for _, file := range files {
		document, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(document, false)
		f.Add(document[:len(document)/2], false)
	}
	f.Add([]byte("\x1f\x8b\x08\x00"), true)
	f.Add(xmlrpc.AppendCall(nil, acceptSyn, xmlrpc.IntValue(1), xmlrpc.StringValue("a:1")), false)
	f.Add(xmlrpc.AppendCall(nil, setMapping, xmlrpc.StringValue("a:70000")), false)
	r := &recorder{}
	methods := MonitorMethods(r)
	for _, more := range []xmlrpc.Methods{NodeMethods(r), ProviderMethods(r)} {
		for name, method := range more {
			methods[name] = method
		}
	}
	server, err := xmlrpc.NewServer(methods, xmlrpc.DefaultServerOptions())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, document []byte, packed bool) {
		r.told = nil
		request := httptest.NewRequest(http.MethodPost, "/RPC2", bytes.NewReader(document))
		request.Header.Set("Content-Type", "text/xml")
		if packed {
			request.Header.Set("Content-Encoding", "gzip")
		}
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, request)
		switch answer.Code {
		case http.StatusOK:
			_, err := xmlrpc.ParseAnswer(answer.Body.Bytes(), xmlrpc.Limits{MaxDepth: 8, MaxElements: 100})
			if err != nil && !errors.As(err, new(*xmlrpc.Fault)) {
				t.Errorf("answered %q: %v", answer.Body, err)
			}
			if err != nil && len(r.told) > 0 {
				t.Errorf("a call that was refused (%v) told %q", err, r.told)
			}
		case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusLengthRequired:
		default:
			t.Errorf("status %d: %s", answer.Code, answer.Body)
		}
	})
}
