"""A node as the original's behaves on the wire, faults included where a peer
could notice them; each such fault is marked FAULT."""
import datetime, json, math, os, random, sched, socket, sys, threading, time
import rpc

p = rpc.flags(5000)
p.add_argument("--connect", action="store_true")
p.add_argument("--seed-host", default="node1")
p.add_argument("--seed-port", type=int, default=5000)
p.add_argument("--seed", type=int, help="of the random draws")
p.add_argument("--generation", type=int, help="instead of the hour of the day in seconds")
args = p.parse_args()
if args.config:
    with open(args.config) as f:
        config = json.load(f)
    args.port, args.seed_host, args.seed_port = config["port"], config["seed_host"], config["seed_port"]
rand = random.Random(args.seed)

me = "%s:%d" % (rpc.own_name(args.advertise), args.port)
if not args.config and not args.connect:
    with open("config_%d" % args.port, "w") as f:
        json.dump({"host": me.split(":")[0], "port": args.port, "seed_host": args.seed_host, "seed_port": args.seed_port}, f)

# FAULT: the hour of the day; it stays after a restart and falls at midnight.
generation = args.generation if args.generation is not None else datetime.datetime.now().hour * 3600
FAIL = round(args.fail / args.heartbeat)  # in heartbeats, which the original's are a second apart

lock = threading.RLock()  # never held while calling
digest = {me: [1, generation, 0]}
states = {}
faults = {me: 0}
live = []
shaken = set()
messages = 0
protocol = 0

# sequence check
ring = []
last_sender, last_sent = None, 0.0


def now():
    return datetime.datetime.now().strftime("%Y-%m-%d %H:%M:%S.%f")


def state(address, app_version, gen, beat):
    return {
        "heartBeat": {"heartBeatValue": beat, "generation": gen},
        "appState": {"IP_Port": address, "App_version": app_version, "App_status": "Normal"},
        "last_updated_time": now(),
    }


states[me] = state(me, 1, generation, 0)

# FAULT: one client without a lock for all handlers: when two report at once, one
# of the reports is lost, and the call that led to it is answered by a fault.
monitor_of_handlers = rpc.proxy(args.monitor)
monitor = rpc.proxy(args.monitor)
provider = rpc.proxy(args.provider)


def report_faults(to, gen):
    with lock:
        vector = dict(faults)
    to.updateSuspectMatrix(me, vector, gen)


# --- handshake -------------------------------------------------------------

def counted():
    global messages
    with lock:
        messages += 1


def acceptSyn(syn, sender):
    counted()
    wanted, told = [], {}
    with lock:
        _, own_gen, own_beat = digest[me]
        told[me] = states[me]
        for address, (_, gen, beat) in syn["_gDigestList"].items():
            if address not in states:
                wanted.append(address)
            # FAULT: compared with the own generation and heartbeat, not with
            # what is known of the address.
            elif (gen, beat) > (own_gen, own_beat):
                wanted.append(address)
            elif (gen, beat) < (own_gen, own_beat):
                told[address] = states[address]
    rpc.proxy(sender).acceptAck(wanted, told, me)  # inside the handler


def acceptAck(wanted, told, sender):
    counted()
    heard = merge(told, skip_self=False)  # FAULT: takes what others say of itself
    with lock:
        asked = {a: states[a] for a in wanted if a in states}
    shook_hands(sender)
    rpc.proxy(sender).acceptAck2(asked, me)
    after_handshake(sender, heard)


def acceptAck2(told, sender):
    counted()
    heard = merge(told, skip_self=True)
    shook_hands(sender)
    after_handshake(sender, heard)


def merge(told, skip_self):
    """Takes over unknown endpoints and higher heartbeats, whatever the generation,
    timestamp included. Answers whose rise counts as heard of."""
    heard = []
    with lock:
        for address, s in told.items():
            if skip_self and address == me:
                continue
            beat = s["heartBeat"]["heartBeatValue"]
            if address not in states:
                faults.setdefault(address, 0)
            elif beat <= states[address]["heartBeat"]["heartBeatValue"]:
                continue
            else:
                heard.append(address)
            states[address] = s
            digest[address] = [s["appState"]["App_version"], s["heartBeat"]["generation"], beat]
    return heard if protocol != 1 else []


def shook_hands(peer):
    with lock:
        shaken.add(peer)
        if peer not in live:
            live[:] = list(states)


def after_handshake(peer, heard):
    for address in heard:
        if address != peer:
            heard_of(address, peer)
    with lock:
        faults[peer] = 0
        gen = digest[peer][1]  # KeyError: fault 1
    report_faults(monitor_of_handlers, gen)
    report_faults(monitor_of_handlers, gen)


# --- gossip ----------------------------------------------------------------

def receiveGossip(told, sender):
    if protocol == 3:
        sequence_check(sender)
    heard = []
    with lock:
        for address, entry in told.items():
            if address == me:
                continue
            _, gen, beat = entry
            if address not in digest:
                digest[address] = list(entry)  # no state: it is not timed
                continue
            _, known_gen, known_beat = digest[address]
            if gen > known_gen:
                digest[address] = list(entry)
            elif gen == known_gen and beat > known_beat:
                digest[address] = list(entry)
                if protocol != 1 and address != sender:
                    heard.append(address)
            else:
                continue
            if address in states:
                states[address]["heartBeat"] = {"heartBeatValue": beat, "generation": gen}
    heard_of(sender, sender)
    for address in heard:
        heard_of(address, sender)


def heard_of(address, sender):
    """Renews an endpoint that is timed, and tells the monitor, each time."""
    with lock:
        if address not in states:
            return
        if protocol == 3 and faults.get(address) and address != sender:
            return
        states[address]["last_updated_time"] = now()
        faults[address] = 0
        gen = digest[address][1]
    report_faults(monitor_of_handlers, gen)


def sequence_check(sender):
    """FAULT: expects rounds in lockstep, though each node begins when it likes,
    and answers a fault to senders that the list lacks."""
    global last_sender, last_sent
    with lock:
        due = ring[(ring.index(sender) + 1) % len(ring)]  # ValueError: the gossip is lost
        late = last_sender != due or time.monotonic() - last_sent > args.fail
        last_sender, last_sent = sender, time.monotonic()
        if not late or due == me:
            return
        faults[due] = 1
    report_faults(monitor_of_handlers, generation)


# --- schedule --------------------------------------------------------------

# FAULT: any exception on this thread but a peer's silence ends heartbeats and
# gossip for good: the monitor away, the provider away, a timestamp without six
# digits, nobody to gossip to.
schedule = sched.scheduler(time.monotonic, time.sleep)


def beat():
    with lock:
        digest[me][2] += 1
        states[me]["heartBeat"]["heartBeatValue"] = digest[me][2]
        states[me]["last_updated_time"] = now()
    monitor.setheartbeatTime(me)
    schedule.enter(args.heartbeat, 1, beat)


def targets_random():
    while True:
        with lock:
            known = [a for a in digest if a != me]
        yield rand.choice(known)  # FAULT: IndexError when there is none


def targets_round_robin():
    while True:
        with lock:
            cycle = list({a for a in digest if a != me})
        if not cycle:
            raise IndexError("nobody to gossip to")  # FAULT
        yield from cycle


def targets_binary():
    while True:
        members = provider.getMapping()
        place = members.index(me)
        for r in range(int(math.log2(len(members))) + 2):
            yield members[(place + 2 ** r) % len(members)]  # FAULT: itself among them


def targets_sequence_check():
    global ring
    while True:
        members = provider.getMapping()
        place = members.index(me)
        with lock:
            ring = members
        if len(members) == 1:
            yield me
        for k in range(1, len(members)):
            yield members[(place + k) % len(members)]


TARGETS = {1: targets_random, 2: targets_round_robin, 3: targets_sequence_check, 4: targets_binary}


def gossip_round(targets):
    counted()
    target = next(targets)
    with lock:
        known = target in shaken
        own = {a: list(e) for a, e in digest.items()}
    try:
        if known:
            rpc.proxy(target).receiveGossip(own, me)
        else:
            syn(target, own)
    except (OSError, rpc.xmlrpc.client.Error) as e:
        print("%s not reached: %s" % (target, e), file=sys.stderr)
    with lock:
        everything, count = dict(states), messages
        complete = len(live) == len(states)
    if complete:
        monitor.sendEpStateMap(me, everything, count)
    late = False
    with lock:
        for address in states:
            if age(states[address]["last_updated_time"]) >= FAIL:
                faults[address], late = 1, True
    if late:
        report_faults(monitor, generation)
    schedule.enter(args.gossip, 2, gossip_round, (targets,))


def age(timestamp):
    """FAULT: whole, and wrapping at a day: the future is 86,399 s old. The
    layout wants a fraction, of six digits at most."""
    delta = datetime.datetime.now() - datetime.datetime.strptime(timestamp, "%Y-%m-%d %H:%M:%S.%f")
    return int((delta.seconds + delta.microseconds / 1e6) / args.heartbeat)


def syn(target, own):
    counted()
    rpc.proxy(target).acceptSyn({"_clusterId": 1, "_gDigestList": own}, me)


def connect():
    with lock:
        own = {a: list(e) for a, e in digest.items()}
    try:
        syn("%s:%d" % (args.seed_host, args.seed_port), own)
    except (OSError, rpc.xmlrpc.client.Error) as e:
        print("seed not reached: %s" % e, file=sys.stderr)
    schedule.enter(args.gossip, 2, gossip_round, (TARGETS[protocol](),))


def console(server):
    while True:
        print("\n1.connect\n2.stop\n3.collect", end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        word = line.strip()
        if word == "connect":
            connect()
        elif word == "stop":
            server.shutdown()  # heartbeats and gossip go on
            server.server_close()
        elif word == "collect":
            with lock, open("digestList.json", "w") as f:
                json.dump(digest, f)


server = rpc.serve(args.bind, args.port, {
    "acceptSyn": acceptSyn, "acceptAck": acceptAck, "acceptAck2": acceptAck2, "receiveGossip": receiveGossip,
}, me)
try:
    monitor.setMapping(me)
    protocol = provider.setMapping(me)
    with lock:
        first, count = dict(states), messages
    monitor.sendEpStateMap(me, first, count)
except (OSError, rpc.xmlrpc.client.Error) as e:
    print("the monitor or the provider cannot be reached: %s" % e, file=sys.stderr)
    os._exit(1)
schedule.enter(args.heartbeat, 1, beat)
if args.config:
    threading.Thread(target=console, args=(server,), daemon=True).start()


def connect_when_seed_listens():
    """As somebody does who types connect: a node that begins its rounds alone
    never gossips (see FAULT above)."""
    for _ in range(50):
        try:
            socket.create_connection((args.seed_host, args.seed_port), 1).close()
            break
        except OSError:
            time.sleep(args.heartbeat / 10)
    connect()


def run_schedule():
    if args.connect or not args.config:
        connect_when_seed_listens()
    while True:
        schedule.run()
        time.sleep(args.heartbeat / 10)  # nothing is scheduled


threading.Thread(target=run_schedule, daemon=True).start()
rpc.wait_forever()
