"""What node, monitor and provider share: the server and client that Python's own
library makes, a process's name, and the flags.

Written from a description of the original (its wire, its rules, its faults), not
from its code. The standard library only. Intervals, ports and names are flags,
so that many such processes can run on one machine, and fast.
"""
import argparse, os, re, socket, socketserver, struct, sys, threading, xmlrpc.client
from xmlrpc.server import SimpleXMLRPCRequestHandler, SimpleXMLRPCServer


class Handler(SimpleXMLRPCRequestHandler):
    rpc_paths = ("/", "/RPC2")


class Server(socketserver.ThreadingMixIn, SimpleXMLRPCServer):
    """Threaded, HTTP/1.0, a backlog of 5."""

    daemon_threads = True


def serve(bind, port, methods, identity):
    """Listens, then answers on a thread of its own."""
    try:
        server = Server((bind, port), requestHandler=Handler, allow_none=True, logRequests=False)
    except OSError as e:
        sys.exit("cannot listen on %s:%d: %s" % (bind, port, e.strerror))
    for name, method in methods.items():
        server.register_function(method, name)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("listening on %s:%d as %s" % (bind, port, identity), file=sys.stderr, flush=True)
    return server


def proxy(hostport):
    return xmlrpc.client.ServerProxy("http://%s/RPC2" % hostport, allow_none=True)


def duration(text):
    """Seconds from what Go prints: 1s, 600ms, 1m30s."""
    units = {"h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
    parts = re.findall(r"([0-9.]+)(h|ms|us|µs|ns|m|s)", text)
    if not parts or "".join(n + u for n, u in parts) != text:
        raise argparse.ArgumentTypeError("%r is no duration" % text)
    return sum(float(n) * units[u] for n, u in parts)


def flags(port):
    """Those that the Go commands have too, so that either can be started."""
    p = argparse.ArgumentParser()
    p.add_argument("--config")
    p.add_argument("--bind", default="")
    p.add_argument("--advertise", default="")
    p.add_argument("--port", type=int, default=port)
    p.add_argument("--heartbeat", type=duration, default=1)
    p.add_argument("--gossip", type=duration, default=3)
    p.add_argument("--fail", type=duration, default=10)
    p.add_argument("--align", action=argparse.BooleanOptionalAction, help="not heeded: rounds start at connect")
    p.add_argument("--freshness", help="not heeded: hearsay counts as of its arrival")
    p.add_argument("--monitor", default="monitor-node:8000")
    p.add_argument("--provider", default="provider-node:9000")
    return p


def own_name(advertise):
    return advertise or reverse_name() or socket.gethostname()


def reverse_name():
    """First label of the PTR record of the own address, asked of the DNS server
    itself: /etc/hosts has the container's id."""
    try:
        address = socket.gethostbyname(socket.gethostname())
        with open("/etc/resolv.conf") as f:
            server = re.search(r"^nameserver\s+(\S+)", f.read(), re.M).group(1)
        name = ".".join(reversed(address.split("."))) + ".in-addr.arpa"
        question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0"
        query = struct.pack(">6H", 1, 0x0100, 1, 0, 0, 0) + question + struct.pack(">2H", 12, 1)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(2)
            s.sendto(query, (server, 53))
            answer = s.recv(512)
        if struct.unpack(">H", answer[6:8])[0] == 0:
            return None
        at = len(query)  # the name that was asked for comes again, as a pointer or in full
        while 0 < answer[at] < 0xC0:
            at += answer[at] + 1
        at += 2 if answer[at] else 1
        at += 10  # type, class, ttl, length
        return answer[at + 1 : at + 1 + answer[at]].decode()
    except (OSError, AttributeError, IndexError):
        return None


def wait_forever():
    """Ends at one Ctrl-C, where the original takes two."""
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        os._exit(130)
