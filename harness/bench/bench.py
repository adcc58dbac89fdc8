"""What Python's xmlrpc makes of the documents that bench gives it.

A line of JSON in, ["decode" or "encode", document, times], a line out: processor
seconds. argv[1] == "serve": a SimpleXMLRPCServer as the original's, whose method does
nothing; it prints its port and serves until its standard input ends.
"""
import json, socketserver, sys, threading, time
from xmlrpc.client import dumps, loads
from xmlrpc.server import SimpleXMLRPCServer


class Threaded(socketserver.ThreadingMixIn, SimpleXMLRPCServer):
    daemon_threads = True


def serve():
    server = Threaded(("127.0.0.1", 0), allow_none=True, logRequests=False)
    server.register_function(lambda digest, address: None, "receiveGossip")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


def measure():
    for line in sys.stdin:
        what, document, times = json.loads(line)
        args, method = loads(document)
        began = time.process_time()
        if what == "decode":
            for _ in range(times):
                loads(document)
        else:
            for _ in range(times):
                dumps(args, method, allow_none=True)
        print(time.process_time() - began, flush=True)


serve() if sys.argv[1:] == ["serve"] else measure()
