// Package figures measures what the protocols cost and what they are worth, in
// virtual time, and draws it: quality of service by Chen, Toueg and Aguilera's
// measures, the report's figures beside the original's own readings, detection
// time and traffic against the number of nodes, and the frontier between fast
// detection and few wrong suspicions. It measures the same with real processes and
// says how far the simulation is from them.
//
// [Options] and the original's readings (original/) go in; CSV files, PNG and SVG
// plots, and a summary for people come out. The rules of protocol and monitor are
// those of harness/sim, which runs the very code.
//
// The same settings give the same numbers: every run has a seed of its own, and
// results are kept in the order of the plan, not in the order in which runs end.
package figures
