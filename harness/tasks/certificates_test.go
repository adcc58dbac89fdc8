package tasks

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLabCA(t *testing.T) {
	dir := t.TempDir()
	var out strings.Builder
	if err := LabCA(&out, dir, "node1, node2 10.0.0.7"); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"ca.pem", "node1.pem", "node2-key.pem", "10.0.0.7.pem"} {
		if _, err := os.Stat(filepath.Join(dir, file)); err != nil {
			t.Error(err)
		}
	}
	if want := "--tls-cert " + filepath.Join(dir, "node1.pem") + " --tls-key "; !strings.Contains(out.String(), want) {
		t.Errorf("%q lacks %q", out.String(), want)
	}
	for names, want := range map[string]string{" ,": "no names", "no/de": "want a name of letters"} {
		if err := LabCA(&out, dir, names); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want %q", names, err, want)
		}
	}
}
