"""A SimpleXMLRPCServer as the original's. argv[1] says what is special about it:

plain       threaded HTTP/1.0, as the original
single      one call at a time, backlog 5
http11      kept connections
hangup      kept connections, closed without a word after every second call
original    threaded; only the node methods, which answer None
validator   threaded; the eight validator1 tests
It prints its port, then serves until its standard input ends.
"""
import socketserver, sys, threading
from xmlrpc.server import SimpleXMLRPCServer, SimpleXMLRPCRequestHandler

kind = sys.argv[1]
gate = threading.Event()
seen = []
lock = threading.Lock()

class Handler(SimpleXMLRPCRequestHandler):
    rpc_paths = ("/", "/RPC2")
    protocol_version = "HTTP/1.1" if kind in ("http11", "hangup") else "HTTP/1.0"
    served = 0

    def do_POST(self):
        super().do_POST()
        self.served += 1
        if kind == "hangup" and self.served % 2 == 0:
            self.close_connection = True

class Threaded(socketserver.ThreadingMixIn, SimpleXMLRPCServer):
    daemon_threads = True

def count(n):
    with lock:
        seen.append(n)

def wait():
    gate.wait(30)

def fail(text):
    raise ValueError(text)

make = SimpleXMLRPCServer if kind == "single" else Threaded
server = make(("127.0.0.1", 0), requestHandler=Handler, allow_none=True, logRequests=False)
if kind == "original":
    for name in ("acceptSyn", "acceptAck", "acceptAck2", "receiveGossip"):
        server.register_function(lambda *args: seen.append(args), name)
    server.register_function(lambda: seen[-1], "last")
elif kind == "validator":
    def validator1(f):
        server.register_function(f, "validator1." + f.__name__)

    @validator1
    def arrayOfStructsTest(a): return sum(s["curly"] for s in a)

    @validator1
    def countTheEntities(s):
        return {"ctLeftAngleBrackets": s.count("<"), "ctRightAngleBrackets": s.count(">"), "ctAmpersands": s.count("&"),
                "ctApostrophes": s.count("'"), "ctQuotes": s.count('"')}

    @validator1
    def easyStructTest(s): return s["moe"] + s["larry"] + s["curly"]

    @validator1
    def echoStructTest(s): return s

    @validator1
    def manyTypesTest(*args): return list(args)

    @validator1
    def moderateSizeArrayCheck(a): return a[0] + a[-1]

    @validator1
    def nestedStructTest(s): return sum(s["2000"]["04"]["01"][name] for name in ("moe", "larry", "curly"))

    @validator1
    def simpleStructReturnTest(n): return {"times10": n * 10, "times100": n * 100, "times1000": n * 1000}
else:
    server.register_function(lambda *args: list(args), "echo")
    server.register_function(lambda: None, "none")
    server.register_function(count)
    server.register_function(lambda: sorted(seen), "counted")
    server.register_function(wait)
    server.register_function(gate.set, "release")
    server.register_function(fail)
    server.register_function(lambda n: "x" * n, "big")
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
