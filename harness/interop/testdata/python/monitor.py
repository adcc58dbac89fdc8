"""The monitor: matrix, verdicts and the menu, as the original decides them. It
decides only when told something, and cases 2 and 3 end when views agree, true or
not."""
import datetime, json, os, sys, threading, time
import rpc

p = rpc.flags(8000)
p.add_argument("--results", default="results.txt")
args = p.parse_args()

TITLES = {
    "1": "Test Case for Single Node failure",
    "2": "Test Case for Simultaneous Failure",
    "3": "Test Case for Dead Node becomes Alive",
}

lock = threading.Lock()
order = []       # addresses in join order
index = {}       # address -> place in it
matrix = []      # [observer][observed]
failed = []      # the global fault vector
heartbeats = {}  # address -> time of the last
states = {}      # address -> the state map it sent last
generations = {} # address -> generations at which it was declared failed
messages = 0
false_failures = 0


def old(address):
    """Seconds since the last heartbeat, whole and wrapping at a day, in units
    that make a heartbeat's interval one second."""
    if address not in heartbeats:
        return 10 ** 6
    delta = datetime.datetime.now() - heartbeats[address]
    return int((delta.seconds + delta.microseconds / 1e6) / args.heartbeat)


FAIL = round(args.fail / args.heartbeat)


def setMapping(address):
    with lock:
        if address not in index:
            index[address] = len(order)
            order.append(address)
            failed.append(0)
            for row in matrix:
                row.append(0)
            matrix.append(list(failed))
        else:
            matrix[index[address]] = list(failed)
        heartbeats.setdefault(address, datetime.datetime.now())


def setheartbeatTime(address):
    heartbeats[address] = datetime.datetime.now()


def sendEpStateMap(address, state_map, count):
    global messages
    with lock:
        states[address] = state_map
        messages += count  # a running total, summed again and again


def updateSuspectMatrix(address, vector, generation):
    global false_failures
    with lock:
        i = index[address]
        for name, value in vector.items():
            matrix[i][index[name]] = value  # KeyError: fault 1
            if value == 0 and generation in generations.get(name, ()):
                false_failures += 1
        failed[i] = 0
        for j in range(len(order)):
            judge(j, generation)


def judge(j, generation):
    for i in range(len(order)):
        if i != j and not failed[i] and old(order[i]) < FAIL and not matrix[i][j]:
            failed[j] = 0
            return
    failed[j] = 1  # also when nobody was asked
    generations.setdefault(order[j], set()).add(generation)


def getSuspectMatrix():
    return matrix or [[]]


def getFaultVector():
    return failed


def showAliveDeadNode():
    return {
        "live": [a for a in order if not failed[index[a]]],
        "dead": [a for a in order if failed[index[a]]],
    }


def getMapping():
    return index


def readFile():
    with open(args.results) as f:
        return f.read().replace("\n", "<br>")


def view(address):
    seen = {
        name: (s["heartBeat"]["generation"], s["appState"]["App_status"], s["appState"]["App_version"])
        for name, s in states.get(address, {}).items()
    }
    return seen, matrix[index[address]]


def over(case):
    with lock:
        if case == "1":
            return any(failed[index[a]] and old(a) >= FAIL + 1 for a in order)
        views = [view(a) for a in order if not failed[index[a]]]
        return all(v == views[0] for v in views)


def run_case(case):
    global messages, false_failures
    messages = false_failures = 0
    start = time.perf_counter()
    while not over(case):
        time.sleep(0.01)  # the original spins
    took = time.perf_counter() - start
    colon = ": " if case == "1" else ""
    lines = ["Run time for detection: %s" % took,
             "Total Messages exchanged for consensus%s%d" % (colon, messages),
             "False Failure Detection Count: %d" % false_failures]
    head = "\n\n------------- Consensus Achieved --------------\n"
    with open(args.results, "a") as f:
        f.write(head + TITLES[case] + "\n" + "\n".join(lines) + "\nTotal number of nodes in cluster: %d\n" % len(order))
    print(head + "\n".join(line.replace(": ", ":  ") for line in lines), flush=True)


def collect():
    with open("states.json", "w") as f:
        json.dump(states, f)
    with open("ip_mapping.json", "w") as f:
        json.dump(index, f)


def menu():
    while True:
        for n, title in TITLES.items():
            print(('%s. "%s"' % (n, title)) + " " * 29)
        print('4. "stop"\nEnter your input:', end="", flush=True)
        line = sys.stdin.readline()
        if not line:
            return
        word = line.strip()
        if word in TITLES:
            run_case(word)
        elif word == "4":
            os._exit(0)
        elif word == "collect":
            collect()


methods = [setMapping, setheartbeatTime, sendEpStateMap, updateSuspectMatrix, getSuspectMatrix,
           getFaultVector, showAliveDeadNode, readFile, getMapping]
table = {m.__name__: m for m in methods}
table["receiveStateMap"] = sendEpStateMap
rpc.serve(args.bind, args.port, table, "%s:%d" % (rpc.own_name(args.advertise), args.port))
threading.Thread(target=menu, daemon=True).start()
rpc.wait_forever()
