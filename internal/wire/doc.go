// Package wire is the one place where the original's method and member names
// live (docs/DECISIONS.md, "XML-RPC"). In and out flow the words of package gossip on
// one side and package xmlrpc's values and methods on the other: SendMessage,
// Monitor and Provider make calls, NodeMethods, MonitorMethods and
// ProviderMethods turn handlers into what a server offers.
//
// Calls and answers of the original's methods are read from their bytes into those words
// and written from them, without values in between, if they are in canonical form
// ([xmlrpc.Canonical]): the functions of reader and those named append... . Any other
// document is read by xmlrpc's parser and the functions named decode... . Those say what is wrong,
// and are the referee of the first: what both take, they take alike (straight_test.go).
//
// What comes from outside is checked here: addresses, 32-bit ints, members that
// must be there. Errors name the argument, the value and what is allowed; a
// server answers them as faults. Unknown members of structs are ignored, so that
// later versions can add some. Six methods are not the original's: reportTraffic,
// reportTerse, reportMarkedTerse, getProtocol, getStatus and getAwaits; and seven others have a terse form for large clusters
// (terse.go, lists.go). An original answers these with a fault.
package wire

// Method names.
const (
	acceptSyn     = "acceptSyn"
	acceptAck     = "acceptAck"
	acceptAck2    = "acceptAck2"
	receiveGossip = "receiveGossip"

	setMapping          = "setMapping" // monitor: register; provider: join
	getMapping          = "getMapping"
	setheartbeatTime    = "setheartbeatTime"
	sendEpStateMap      = "sendEpStateMap"
	receiveStateMap     = "receiveStateMap" // the same method
	updateSuspectMatrix = "updateSuspectMatrix"
	getSuspectMatrix    = "getSuspectMatrix"
	getFaultVector      = "getFaultVector"
	showAliveDeadNode   = "showAliveDeadNode"
	readFile            = "readFile"

	reportTraffic = "reportTraffic" // extension: (address, bytes sent as double) -> nil
	getProtocol   = "getProtocol"   // extension: () -> protocol number
	getStatus     = "getStatus"     // extension: () -> struct, see status.go
	reportAll     = "report"        // extension, in terse form only: see report.go
	reportMarked  = "reportMarked"  // the same
	getAwaits     = "getAwaits"     // extension of nodes: () -> what keeps it from being settled, or ""
)

// Member names.
const (
	clusterID   = "_clusterId"
	digestList  = "_gDigestList"
	heartBeat   = "heartBeat"
	beatValue   = "heartBeatValue"
	generation  = "generation"
	appState    = "appState"
	ipPort      = "IP_Port"
	appVersion  = "App_version"
	appStatus   = "App_status"
	lastUpdated = "last_updated_time"
	liveNodes   = "live"
	deadNodes   = "dead"
)
