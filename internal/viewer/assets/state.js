// State is what is known of a cluster at one instant: a fold of the stream's events.
// It has no clock and no page. Nodes are indices; n by n values are typed arrays with
// a stride of `cap`, so that a copy for a keyframe is cheap.

export const Up = 0, Dead = 1, Paused = 2; // what was done to a node, as far as that is told

const Never = -1e9; // before all times, exact in 32 bits

export class State {
  constructor() { this.reset(null); }

  reset(run) {
    this.t = 0;
    this.run = run;
    this.nodes = []; // {name, address, ring, gone, life}
    this.cap = 0;
    this.grid = emptyGrid(0);
    this.voice = [];       // does its opinion count
    this.failed = [];
    this.verdictAt = [];   // of the last change of `failed`
    this.beatAt = [];      // last heartbeat at the monitor
    this.fate = [];        // Up, Dead, Paused
    this.fateAt = [];
    this.cut = [];         // is it cut off
    this.count = [];       // how many voices suspect it
    this.voices = 0;
    this.calls = new Map();
    this.loss = '';
    this.deaf = '';
    this.away = '';        // why the monitor does not answer
    this.testcase = null;  // {n, since, waiting}
    this.results = [];     // {t, result}
    this.end = null;
    this.rank = null;
  }

  get n() { return this.nodes.length; }

  // order lists the nodes that are there, in the protocol's ring.
  get order() {
    if (!this.rank) {
      this.rank = this.nodes.map((_, i) => i).filter((i) => !this.nodes[i].gone)
        .sort((a, b) => this.nodes[a].ring - this.nodes[b].ring || a - b);
    }
    return this.rank;
  }

  name(i) { return this.nodes[i] ? this.nodes[i].name : `node #${i}`; }

  // voters is how many opinions count on node i: never its own.
  voters(i) { return this.voices - (this.voice[i] ? 1 : 0); }

  share(i) {
    const of = this.voters(i);
    return of > 0 ? this.count[i] / of : 0;
  }

  suspects(by, of) { return this.grid.cell[by * this.cap + of] === 1; }
  suspectsSince(by, of) { return this.grid.cellAt[by * this.cap + of]; }
  ownOpinion(by, of) { return this.grid.own[by * this.cap + of] === 1; }

  // heardAt is when `by` last heard of `of`, and null if it never has.
  heardAt(by, of) {
    const at = this.grid.heardAt[by * this.cap + of];
    return at > Never ? at : null;
  }

  // heardBy is the number of the event by which it did; -1: none.
  heardBy(by, of) { return this.grid.heardBy[by * this.cap + of]; }

  // missing lists the voices that do not suspect node i.
  missing(i) {
    return this.order.filter((o) => o !== i && this.voice[o] && !this.suspects(o, i));
  }

  // nearest is the node that lacks least to a verdict: the one whose share of
  // suspicion is highest, if anybody suspects it; -1: there is none.
  nearest() {
    let best = -1;
    for (const i of this.order) {
      if (this.failed[i] || this.count[i] === 0) continue;
      if (best < 0 || this.share(i) > this.share(best)) best = i;
    }
    return best;
  }

  fold(e, number) {
    if (e.t > this.t) this.t = e.t;
    const apply = steps[e.k];
    if (apply) apply(this, e, number);
  }

  copy() {
    const c = Object.create(State.prototype);
    Object.assign(c, this);
    c.nodes = this.nodes.map((n) => ({ ...n }));
    c.grid = Object.fromEntries(Object.entries(this.grid).map(([k, a]) => [k, a.slice()]));
    for (const k of perNode) c[k] = this[k].slice();
    c.calls = new Map([...this.calls].map(([id, call]) => [id, { ...call }]));
    c.testcase = this.testcase && { ...this.testcase };
    c.results = this.results.slice();
    c.rank = null;
    return c;
  }

  // bytes is about how much memory a copy takes.
  get bytes() { return this.cap * this.cap * bytesPerCell + this.n * 400 + this.calls.size * 150 + 2000; }

  // plain is the state without its storage: two are equal when their JSON is.
  plain() {
    const rows = (a) => this.nodes.map((_, i) => Array.from(a.subarray(i * this.cap, i * this.cap + this.n)));
    const out = {};
    for (const k of ['t', 'run', 'nodes', 'voices', 'loss', 'deaf', 'away', 'testcase', 'results', 'end', ...perNode]) {
      out[k] = this[k];
    }
    out.calls = [...this.calls.values()];
    for (const [k, a] of Object.entries(this.grid)) out[k] = rows(a);
    return out;
  }

  // node makes room for node i.
  node(i) {
    while (this.nodes.length <= i) {
      this.nodes.push({ name: `#${this.nodes.length}`, address: '', ring: this.nodes.length, gone: false, life: 1 });
      this.voice.push(false);
      this.failed.push(false);
      this.verdictAt.push(null);
      this.beatAt.push(null);
      this.fate.push(Up);
      this.fateAt.push(null);
      this.cut.push(false);
      this.count.push(0);
      this.rank = null;
    }
    if (this.nodes.length > this.cap) this.widen();
    return this.nodes[i];
  }

  widen() {
    const cap = Math.max(8, Math.ceil(this.nodes.length * 1.25 / 8) * 8);
    const grid = emptyGrid(cap);
    for (const [k, to] of Object.entries(grid)) {
      for (let i = 0; i < this.cap; i++) {
        to.set(this.grid[k].subarray(i * this.cap, (i + 1) * this.cap), i * cap);
      }
    }
    this.cap = cap;
    this.grid = grid;
  }

  setCell(by, of, suspect) {
    this.node(Math.max(by, of));
    const at = by * this.cap + of;
    const old = this.grid.cell[at];
    const value = suspect ? 1 : 0;
    if (old === value) return;
    this.grid.cell[at] = value;
    this.grid.cellAt[at] = this.t;
    if (this.voice[by] && by !== of) this.count[of] += value - old;
  }

  setVoice(i, counts) {
    this.node(i);
    if (this.voice[i] === counts) return;
    this.voice[i] = counts;
    const sign = counts ? 1 : -1;
    this.voices += sign;
    for (let j = 0; j < this.n; j++) {
      if (j !== i && this.grid.cell[i * this.cap + j]) this.count[j] += sign;
    }
  }

  setFate(nodes, fate) {
    for (const i of nodes || []) {
      this.node(i);
      this.fate[i] = fate;
      this.fateAt[i] = this.t;
    }
  }

  // forgetHeard is for a node that begins and knows nothing yet.
  forgetHeard(i) {
    const from = i * this.cap, to = from + this.cap;
    this.grid.own.fill(0, from, to);
    this.grid.heardAt.fill(Never, from, to);
    this.grid.heardBy.fill(-1, from, to);
  }
}

const perNode = ['voice', 'failed', 'verdictAt', 'beatAt', 'fate', 'fateAt', 'cut', 'count'];

const bytesPerCell = 14;

function emptyGrid(cap) {
  const n = cap * cap;
  return {
    cell: new Uint8Array(n),                       // the monitor's matrix
    cellAt: new Float32Array(n),                   // when it last changed
    own: new Uint8Array(n),                        // what the observer itself thinks
    heardAt: new Float32Array(n).fill(Never),      // as of when it heard of it
    heardBy: new Int32Array(n).fill(-1),           // by which event
  };
}

const steps = {
  run(s, e) { s.reset(e); },

  node(s, e) {
    const n = s.node(e.i);
    Object.assign(n, { name: String(e.name), address: String(e.address ?? ''), ring: e.ring ?? e.i, gone: false });
    s.rank = null;
  },

  gone(s, e) {
    s.node(e.node).gone = true;
    s.setVoice(e.node, false);
    for (let i = 0; i < s.n; i++) {
      s.setCell(e.node, i, false);
      s.setCell(i, e.node, false);
    }
    s.failed[e.node] = false;
    s.rank = null;
  },

  start(s, e) {
    if (e.node !== undefined) {
      s.node(e.node).life = e.life;
      s.setFate([e.node], Up);
      s.forgetHeard(e.node);
      return;
    }
    if (e.who !== 'monitor') return;
    for (let i = 0; i < s.n; i++) {
      s.setVoice(i, false);
      s.failed[i] = false;
      s.verdictAt[i] = null;
      s.beatAt[i] = null;
      s.count[i] = 0;
    }
    s.grid.cell.fill(0);
    s.deaf = '';
    s.testcase = null;
  },

  act(s, e) {
    switch (e.what) {
      case 'kill': case 'interrupt': s.setFate(e.nodes, Dead); break;
      case 'pause': s.setFate(e.nodes, Paused); break;
      case 'resume': case 'restart': case 'start': s.setFate(e.nodes, Up); break;
      case 'partition': for (const i of e.nodes || []) { s.node(i); s.cut[i] = true; } break;
      case 'heal': s.cut.fill(false); break;
      case 'loss': s.loss = e.text ?? ''; break;
    }
  },

  send(s, e) {
    const oldest = e.t - 2 * (s.run?.gossip || 3);
    for (const [id, call] of s.calls) {
      if (call.at >= oldest) break;
      s.calls.delete(id);
    }
    s.node(Math.max(e.from, e.to));
    s.calls.set(e.id, { at: e.t, from: e.from, to: e.to, m: e.m, round: e.round ?? 0, end: null, how: '' });
  },

  end(s, e) {
    const call = s.calls.get(e.id);
    if (call) { call.end = e.t; call.how = e.how; }
  },

  heard(s, e, number) {
    s.node(e.node);
    for (let x = 0; x < e.of.length; x++) {
      if (e.renewed && !e.renewed[x]) continue;
      if (e.of[x] >= s.nodes.length) s.node(e.of[x]);
      const at = e.node * s.cap + e.of[x];
      s.grid.heardAt[at] = e.t - (e.age ? e.age[x] : 0);
      s.grid.heardBy[at] = number;
    }
  },

  opinion(s, e) {
    s.node(Math.max(e.node, e.of));
    s.grid.own[e.node * s.cap + e.of] = e.suspect ? 1 : 0;
  },

  beat(s, e) { s.node(e.node); s.beatAt[e.node] = e.t; },
  cell(s, e) { s.setCell(e.by, e.of, e.suspect); },

  row(s, e) {
    s.node(e.by);
    const suspected = new Set(e.suspect);
    for (let i = 0; i < s.n; i++) s.setCell(e.by, i, suspected.has(i));
    for (const i of suspected) s.setCell(e.by, i, true);
  },

  voice(s, e) { s.setVoice(e.node, Boolean(e.eligible)); },

  verdict(s, e) {
    s.node(e.node);
    s.failed[e.node] = Boolean(e.failed);
    s.verdictAt[e.node] = e.t;
  },

  deaf(s, e) { s.deaf = e.text ?? ''; },
  away(s, e) { s.away = e.text ?? ''; },

  case(s, e) {
    switch (e.what) {
      case 'begin': s.testcase = { n: e.n, since: e.t, waiting: '' }; break;
      case 'waiting':
        if (!s.testcase) s.testcase = { n: e.n, since: e.t, waiting: '' };
        s.testcase.waiting = e.waiting ?? '';
        break;
      case 'cancel': s.testcase = null; break;
      case 'end':
        s.testcase = null;
        if (e.result) s.results.push({ t: e.t, result: e.result });
        break;
    }
  },

  'end-of-run'(s, e) { s.end = { t: e.t, verdict: e.verdict ?? '', text: e.text ?? '' }; },
};
