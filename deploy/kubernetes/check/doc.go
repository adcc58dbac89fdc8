// Package check holds the tests of the Kubernetes manifests in the folder above. It is a
// module of its own, so that the project's does not depend on Kubernetes.
package check
