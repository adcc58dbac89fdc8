// Package sim runs a whole cluster in virtual time: the nodes' own state machine
// (gossipnode/protocol), the monitor's own consensus and test cases
// (monitor/consensus, monitor/testcase) and the provider's own registry, joined
// by a modelled network, modelled clocks and modelled processes.
//
// In flow a [Config], and what is done to the cluster while it runs (kill, pause,
// cut, jump a clock ...). Out flow what the hooks are told ([Hooks]), what a
// [Meter] counted, and by [Backend] a harness.Cluster for scenario scripts. No
// rule of the protocol or of the monitor is repeated here.
//
// A [World] is one goroutine, has no wall clock and draws all chance from its
// seed: the same Config and the same calls give the same run to the byte.
//
// What the model holds of the agent (gossipnode/agent): a call ends by its answer
// after a round trip, by a refusal after a round trip when nobody listens, or by
// its timeout; at most 128 calls to peers are under way; reports go through an
// outbox that keeps the latest of each kind, asks a monitor that was away whether
// it still knows the node, and waits longer each time it fails; the provider is
// joined with growing waits and asked for its list one call at a time. Left out:
// the time that encoding takes, the limit of four connections to a host, faults
// (our monitor and provider give none), TCP's own retransmission (a lost message
// is a call that times out), and the monitor's limit of 4096 nodes.
package sim
