"""Reads one JSON question a line: what do Python's loads, dumps and ServerProxy make of it?"""
import base64, json, sys, xmlrpc.client as x

def tag(v):
    if v is None: return ["nil"]
    if isinstance(v, bool): return ["boolean", v]
    if isinstance(v, int): return ["int", str(v)]
    if isinstance(v, float): return ["double", repr(v)]
    if isinstance(v, str): return ["string", v]
    if isinstance(v, x.DateTime): return ["dateTime", v.value]
    if isinstance(v, x.Binary): return ["base64", base64.b64encode(v.data).decode()]
    if isinstance(v, (list, tuple)): return ["array", [tag(i) for i in v]]
    if isinstance(v, dict): return ["struct", [[k, tag(i)] for k, i in v.items()]]
    raise TypeError(type(v))

def untag(t):
    kind = t[0]
    if kind == "nil": return None
    if kind == "boolean": return t[1]
    if kind == "int": return int(t[1])
    if kind == "double": return float(t[1])
    if kind == "string": return t[1]
    if kind == "dateTime": return x.DateTime(t[1])
    if kind == "base64": return x.Binary(base64.b64decode(t[1]))
    if kind == "array": return [untag(i) for i in t[1]]
    return {k: untag(i) for k, i in t[1]}

proxies = {}

def answer(q):
    if q["do"] == "load":
        params, method = x.loads(base64.b64decode(q["doc"]))
        return {"method": method, "values": [tag(v) for v in params]}
    if q["do"] == "dump":
        doc = x.dumps(tuple(untag(t) for t in q["values"]), q.get("method"),
                      methodresponse=not q.get("method"), allow_none=True)
        return {"doc": base64.b64encode(doc.encode("utf-8")).decode()}
    if q["do"] == "call":
        url = q["url"]
        if url not in proxies:
            proxies[url] = x.ServerProxy(url, allow_none=True)
        return {"values": [tag(getattr(proxies[url], q["method"])(*[untag(t) for t in q["values"]]))]}
    raise ValueError(q["do"])

for line in sys.stdin:
    try:
        a = answer(json.loads(line))
    except x.Fault as f:
        a = {"fault": {"code": f.faultCode, "text": f.faultString}}
    except x.ProtocolError as e:
        a = {"error": "ProtocolError %d" % e.errcode}
    except Exception as e:
        a = {"error": "%s: %s" % (type(e).__name__, e)}
    print(json.dumps(a), flush=True)
