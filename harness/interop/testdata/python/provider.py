"""The provider: it keeps the join order and tells each node the protocol."""
import rpc

NUMBERS = {"random": 1, "rr": 2, "scrr": 3, "brr": 4}

p = rpc.flags(9000)
p.add_argument("--version")
args = p.parse_args()

members = []


def setMapping(address):
    if address not in members:
        members.append(address)
    # A missing --version is a fault: None has no lower().
    return NUMBERS.get(args.version.lower(), 1)


def getMapping():
    return members


rpc.serve(args.bind, args.port, {"setMapping": setMapping, "getMapping": getMapping},
          "%s:%d" % (rpc.own_name(args.advertise), args.port))
rpc.wait_forever()
