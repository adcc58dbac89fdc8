package swarm

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"gossiprpc/harness"
)

// gateway is the bridge by which the containers of overlay networks reach beyond them,
// and this machine reaches them.
const gateway = "docker_gwbridge"

// task is one life of a process.
type task struct {
	container string
	address   string // at which this machine reaches it; "" until it has one
	started   time.Time
}

// tasks finds the latest running task of each process. Those that were paused count.
func (c *cluster) tasks(ctx context.Context) (map[string]task, error) {
	found, err := c.engine.ContainerList(ctx, client.ContainerListOptions{Filters: ofStack(c.backend.stack())})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	// The engine makes it for the first container that needs it: nobody is on it before.
	bridge, err := c.engine.NetworkInspect(ctx, gateway, client.NetworkInspectOptions{})
	if err != nil && !errdefs.IsNotFound(err) {
		return nil, fmt.Errorf("inspect network %s: %w", gateway, err)
	}
	slices.SortFunc(found.Items, byCreation)
	tasks := map[string]task{}
	for _, item := range found.Items {
		t := task{container: item.ID, started: time.Unix(item.Created, 0)}
		if end, ok := bridge.Network.Containers[item.ID]; ok && end.IPv4Address.IsValid() {
			t.address = end.IPv4Address.Addr().String()
		}
		if name := c.processOf(item.Labels); name != "" {
			tasks[name] = t
		}
	}
	return tasks, nil
}

func byCreation(a, b container.Summary) int { return cmp.Compare(a.Created, b.Created) }

// processOf is the process that a container's labels make it: its task's name is
// STACK_SERVICE.SLOT.ID. "" if it is none of the stack's.
func (c *cluster) processOf(labels map[string]string) string {
	service, slot, ok := taskName(labels["com.docker.swarm.task.name"], c.backend.stack())
	switch {
	case !ok:
		return ""
	case service == "node":
		return service + slot
	case service == harness.Monitor+"-node", service == harness.Provider+"-node":
		return strings.TrimSuffix(service, "-node")
	}
	return ""
}

func taskName(name, stack string) (service, slot string, ok bool) {
	rest, ok := strings.CutPrefix(name, stack+"_")
	if !ok {
		return "", "", false
	}
	parts := strings.Split(rest, ".")
	if len(parts) != 3 {
		return "", "", false
	}
	return parts[0], parts[1], true
}
