//go:build linux

package usage_test

import (
	"os"
	"testing"
	"time"

	"gossiprpc/harness/usage"
)

func TestThisProcess(t *testing.T) {
	before, err := usage.Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if before.Memory < 1<<20 {
		t.Errorf("a Go program holds %d bytes", before.Memory)
	}
	for after := before; after.CPU <= before.CPU; { // it works all the time, so that it must rise
		if after, err = usage.Of(os.Getpid()); err != nil {
			t.Fatal(err)
		}
	}
	if before.CPU%(10*time.Millisecond) == 0 {
		t.Errorf("%v: told in hundredths of a second, as /proc does", before.CPU)
	}
	if share, err := usage.Share(os.Getpid()); err != nil || share < 1<<20 {
		t.Errorf("a Go program's share is %d bytes, %v", share, err)
	}
	if files, err := usage.Descriptors(); err != nil || files < 64 {
		t.Errorf("%d descriptors, %v", files, err)
	}
	if free, err := usage.Available(); err != nil || free < 1<<20 {
		t.Errorf("%d bytes are available, %v", free, err)
	}
	if _, err := usage.Of(1 << 30); err == nil {
		t.Error("a process that does not exist uses something")
	}
}
