package check

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// kinds are the published types that the manifests must fit, field by field.
var kinds = map[string]func() any{
	"v1 Namespace":                       func() any { return &corev1.Namespace{} },
	"v1 ConfigMap":                       func() any { return &corev1.ConfigMap{} },
	"v1 Service":                         func() any { return &corev1.Service{} },
	"apps/v1 Deployment":                 func() any { return &appsv1.Deployment{} },
	"apps/v1 StatefulSet":                func() any { return &appsv1.StatefulSet{} },
	"policy/v1 PodDisruptionBudget":      func() any { return &policyv1.PodDisruptionBudget{} },
	"networking.k8s.io/v1 NetworkPolicy": func() any { return &networkingv1.NetworkPolicy{} },
}

// cluster is what kustomize makes of the folder.
type cluster struct {
	services map[string]*corev1.Service
	settings map[string]*corev1.ConfigMap
	pods     map[string]corev1.PodTemplateSpec // by the workload's name
	sets     map[string]*appsv1.StatefulSet
	policies []*networkingv1.NetworkPolicy
	budgets  []*policyv1.PodDisruptionBudget
}

func build(t *testing.T) *cluster {
	t.Helper()
	made, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), "..")
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{
		services: map[string]*corev1.Service{}, settings: map[string]*corev1.ConfigMap{},
		pods: map[string]corev1.PodTemplateSpec{}, sets: map[string]*appsv1.StatefulSet{},
	}
	for _, r := range made.Resources() {
		text, err := r.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		o, err := decode(text)
		if err != nil {
			t.Fatalf("%s: %v", r.CurId(), err)
		}
		c.add(o)
	}
	return c
}

func decode(document []byte) (any, error) {
	var head struct{ APIVersion, Kind string }
	if err := yaml.Unmarshal(document, &head); err != nil {
		return nil, err
	}
	kind := head.APIVersion + " " + head.Kind
	if kinds[kind] == nil {
		return nil, fmt.Errorf("a %s is not expected", kind)
	}
	o := kinds[kind]()
	text, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return nil, err
	}
	unknown, err := json.UnmarshalStrict(text, o) // as the API server: upper and lower case differ
	return o, errors.Join(append(unknown, err)...)
}

func (c *cluster) add(o any) {
	switch o := o.(type) {
	case *corev1.Service:
		c.services[o.Name] = o
	case *corev1.ConfigMap:
		c.settings[o.Name] = o
	case *appsv1.Deployment:
		c.pods[o.Name] = o.Spec.Template
	case *appsv1.StatefulSet:
		c.pods[o.Name], c.sets[o.Name] = o.Spec.Template, o
	case *networkingv1.NetworkPolicy:
		c.policies = append(c.policies, o)
	case *policyv1.PodDisruptionBudget:
		c.budgets = append(c.budgets, o)
	}
}

// variables are what a container finds in its environment, with $(NAME) filled in.
func (c *cluster) variables(t *testing.T, container corev1.Container, pod string) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, from := range container.EnvFrom {
		settings := c.settings[from.ConfigMapRef.Name]
		if settings == nil {
			t.Fatalf("%s: no settings %q", container.Name, from.ConfigMapRef.Name)
		}
		for name, value := range settings.Data {
			found[name] = value
		}
	}
	for _, v := range container.Env {
		if v.ValueFrom != nil {
			found[v.Name] = pod // metadata.name is the only one used
			continue
		}
		for name, value := range found {
			v.Value = strings.ReplaceAll(v.Value, "$("+name+")", value)
		}
		found[v.Name] = v.Value
	}
	return found
}

// resolves tells whether a name in the cluster's namespace is a pod's own address: that of
// a headless service, or of one pod of a set behind one.
func (c *cluster) resolves(name string, port int32) error {
	pod, service, ofPod := strings.Cut(name, ".")
	if !ofPod {
		service = pod
	}
	s := c.services[service]
	switch {
	case s == nil:
		return fmt.Errorf("%s: there is no service %s", name, service)
	case s.Spec.ClusterIP != corev1.ClusterIPNone:
		return fmt.Errorf("%s: service %s has a balancer before it", name, service)
	case !s.Spec.PublishNotReadyAddresses:
		return fmt.Errorf("%s: service %s hides those that are not ready, and they look for each other", name, service)
	case !slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool { return p.Port == port }):
		return fmt.Errorf("%s: service %s has no port %d", name, service, port)
	}
	if ofPod {
		set, _, _ := strings.Cut(pod, "-")
		if c.sets[set] == nil || c.sets[set].Spec.ServiceName != service {
			return fmt.Errorf("%s: no set %s is behind service %s", name, set, service)
		}
	}
	for key, value := range s.Spec.Selector {
		if c.pods[service].Labels[key] != value {
			return fmt.Errorf("%s: service %s selects other pods", name, service)
		}
	}
	return nil
}

// The names that the processes are told, and that they go by, lead to them.
func TestNamesResolve(t *testing.T) {
	c := build(t)
	own := map[string]int32{"monitor": 8000, "provider": 9000, "node": 5000}
	for workload, port := range own {
		container := c.pods[workload].Spec.Containers[0]
		for _, pod := range []string{workload + "-0", workload + "-7"} {
			v := c.variables(t, container, pod)
			if err := c.resolves(v["GOSSIP_ADVERTISE"], port); err != nil {
				t.Errorf("%s goes by a name that does not lead to it: %v", pod, err)
			}
			if workload == "node" && v["GOSSIP_ADVERTISE"] != pod+".node" {
				t.Errorf("%s goes by %s", pod, v["GOSSIP_ADVERTISE"])
			}
			for _, name := range []string{"GOSSIP_MONITOR", "GOSSIP_PROVIDER"} {
				host, at, err := net.SplitHostPort(v[name])
				if v[name] == "" && workload != "node" {
					continue
				}
				if err != nil {
					t.Errorf("%s, %s: %v", workload, name, err)
					continue
				}
				if port := own[strings.ToLower(strings.TrimPrefix(name, "GOSSIP_"))]; at != fmt.Sprint(port) {
					t.Errorf("%s, %s=%s: want port %d", workload, name, v[name], port)
				} else if err := c.resolves(host, port); err != nil {
					t.Errorf("%s, %s=%s: %v", workload, name, v[name], err)
				}
			}
		}
	}
	seed := c.variables(t, c.pods["node"].Spec.Containers[0], "node-3")["GOSSIP_SEED_HOST"]
	if err := c.resolves(seed, 5000); err != nil {
		t.Errorf("the seed: %v", err)
	}
	for _, bad := range []string{"nobody", "node-0.monitor", "node-0.nobody"} {
		for _, port := range own {
			if c.resolves(bad, port) == nil {
				t.Errorf("%s resolves", bad)
			}
		}
	}
}

// Pods run as the restricted policy of their namespace demands, are asked whether they
// live, and write to volumes only.
func TestPodsAreConfined(t *testing.T) {
	c := build(t)
	if len(c.pods) != 3 {
		t.Fatalf("%d workloads, want 3", len(c.pods))
	}
	for name, pod := range c.pods {
		s := pod.Spec.SecurityContext
		if s == nil || s.RunAsNonRoot == nil || !*s.RunAsNonRoot || s.RunAsUser == nil || *s.RunAsUser == 0 ||
			s.SeccompProfile == nil || s.SeccompProfile.Type != corev1.SeccompProfileTypeRuntimeDefault {
			t.Errorf("%s: pod security %+v", name, s)
		}
		if a := pod.Spec.AutomountServiceAccountToken; a == nil || *a {
			t.Errorf("%s: gets a token for Kubernetes itself", name)
		}
		for _, container := range pod.Spec.Containers {
			s := container.SecurityContext
			if s == nil || s.ReadOnlyRootFilesystem == nil || !*s.ReadOnlyRootFilesystem ||
				s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation ||
				s.Capabilities == nil || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) {
				t.Errorf("%s: container security %+v", name, s)
			}
			if container.Resources.Limits.Memory().IsZero() || container.Resources.Requests.Cpu().IsZero() {
				t.Errorf("%s: resources %+v", name, container.Resources)
			}
			for what, probe := range map[string]*corev1.Probe{
				"liveness": container.LivenessProbe, "readiness": container.ReadinessProbe,
			} {
				if probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != "/healthz" ||
					!hasPort(container, probe) {
					t.Errorf("%s: %s probe %+v", name, what, probe)
				}
			}
			if v := c.variables(t, container, name+"-0"); v["GOSSIP_METRICS"] != ":9100" {
				t.Errorf("%s: /healthz is on %q", name, v["GOSSIP_METRICS"])
			}
		}
	}
	if b := c.budgets; len(b) != 1 || b[0].Spec.Selector.MatchLabels["app.kubernetes.io/name"] != "node" {
		t.Errorf("disruption budgets %+v, want one, of the nodes", b)
	}
}

func hasPort(container corev1.Container, probe *corev1.Probe) bool {
	return slices.ContainsFunc(container.Ports, func(p corev1.ContainerPort) bool {
		return p.Name == probe.HTTPGet.Port.StrVal && p.ContainerPort == 9100
	})
}

// The policies select all pods, and let the cluster's own through to each port of theirs.
func TestNetworkPolicies(t *testing.T) {
	open := map[int32]bool{}
	for _, p := range build(t).policies {
		if len(p.Spec.PodSelector.MatchExpressions) > 0 || !slices.Equal(p.Spec.PolicyTypes,
			[]networkingv1.PolicyType{networkingv1.PolicyTypeIngress}) {
			t.Errorf("%s leaves pods out: %+v", p.Name, p.Spec)
		}
		for _, rule := range p.Spec.Ingress {
			if len(rule.From) == 0 {
				t.Errorf("%s lets everybody in", p.Name)
			}
			for _, port := range rule.Ports {
				open[port.Port.IntVal] = true
			}
		}
	}
	for _, port := range []int32{5000, 8000, 9000, 9100} {
		if !open[port] {
			t.Errorf("nobody gets to port %d", port)
		}
	}
}

func TestUnknownFieldsAreRefused(t *testing.T) {
	for _, text := range []string{
		"apiVersion: v1\nkind: Service\nspec: {clusterIp: None}\n", "apiVersion: v1\nkind: Secret\n",
	} {
		if _, err := decode([]byte(text)); err == nil {
			t.Errorf("no error for\n%s", text)
		}
	}
}
