// Package sim runs a whole cluster in virtual time: the very machines that the
// commands run (gossipnode/process, monitor/core, provider/registry), joined by a
// modelled network, modelled clocks and modelled computers.
//
// In flow a [Config], and what is done to the cluster while it runs (kill, pause,
// cut, jump a clock ...). Out flow what the hooks are told ([Hooks]), what a
// [Meter] counted, and by [Backend] a harness.Cluster for scenario scripts. The
// package carries effects out as internal/host does, and holds no rule of a node,
// the monitor or the provider; a test keeps it so.
//
// A [World] is one goroutine, has no wall clock and draws all chance from its
// seed: the same Config and the same calls give the same run to the byte.
//
// The model: a call ends by its answer after a round trip, by a refusal after a
// round trip when nobody listens, or by its timeout; where no connection is kept,
// setting one up costs a round trip more. A computer that is unplugged refuses
// nothing: calls to it time out. A process that is paused has its calls wait in
// the socket. Files and terminals take no time. Left out: the time that encoding
// takes, the limit of four connections to a host, TCP's own retransmission (a
// lost message is a call that times out), and the look-up of names.
package sim
