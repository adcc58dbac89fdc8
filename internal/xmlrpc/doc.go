// Package xmlrpc is XML-RPC over HTTP, wire-compatible both ways with Python's
// SimpleXMLRPCServer(allow_none=True) and ServerProxy. It knows nothing of
// gossip: methods have names, arguments and answers are Values.
//
// In flow calls at a Server (documents of strangers) and answers to a Client
// (documents of peers); both are read by one strict byte scanner under limits of
// bytes, depth and values, which refuses "<!" outright. Out flow Python's bytes.
//
// # Where kolo works, and where not
//
// The client stands on github.com/kolo/xmlrpc, and on connections of its own.
//
//   - Calls by Client.Call: kolo.EncodeMethodCall writes those whose arguments are strings,
//     booleans, 32-bit ints and arrays of them. Our writer writes the rest: kolo drops
//     a nil, escapes no struct keys and writes structs in random order, so that one
//     digest would have n! texts. Calls by Client.Ask and Client.Tell are written by
//     who makes them: kolo takes some 80 times as long.
//   - Method names, which kolo does not escape, are checked before each call.
//   - Answers: kolo finds faults by a pattern on raw bytes, recurses without
//     limit, cuts strings at comments, and reads <value/> wrongly. So it never
//     meets a peer's bytes. The scanner reads the answer into a Value; what the
//     writer makes of that is canonical, and only that goes to kolo:
//     Response.Err for a fault, Response.Unmarshal in Value.Decode, which fills
//     Go values and guards what is left of kolo's traps.
//   - kolo's NewClient is not used: it serialises calls and leaks goroutines.
//
// # Connections
//
// A call's goroutine writes it and reads its answer itself, on a connection that it has to
// itself meanwhile; answers are read by net/http (http.ReadResponse). net/http's Transport passes each call
// through two more goroutines. On a machine so busy that goroutines wait for a processor, calls
// timed out by that: of 1,000 nodes on two cores, six calls of seven.
//
// # Without Values
//
// A digest of 32 entries is 129 Values, and costs ten times as much by way of them as
// without. So a Method may have a Read, and a Client's caller a function, that read
// a document in canonical form ([Canonical]) into what they need of it. They never say
// what is wrong: a document that they refuse is read by the parser, whose word counts.
//
// # Delivery
//
// A call is sent once, with one exception. A server may close an idle connection
// at the moment a call is written to it, and Go does not repeat a POST. Such a
// call (the connection was a kept one, and not one byte of answer was read) is
// sent again, as Python's ServerProxy does. If the server had in fact taken the
// call and died before it answered, the call is delivered twice. The methods
// here bear that: messages merge, reports replace what was reported before, and
// registering twice is registering. A call that timed out is never repeated.
package xmlrpc
