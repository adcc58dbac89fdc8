import { Dead, Paused } from './state.js';

const longestLane = 40_000; // heartbeats kept of one node

// Chronicle is what the timeline and the log show of a whole stream: per node its
// heartbeats, how suspicion rose, and its verdicts; the deaths with what followed;
// and what is worth a line of the log.
export class Chronicle {
  constructor() {
    this.lanes = [];
    this.deaths = [];  // {node, at, known, first, last, verdict, end}
    this.entries = []; // {t, number, kind, node, event}: changes worth telling
    this.heard = [];   // per node: numbers of the events by which it heard something
    this.deafness = []; // {from, to}
    this.cases = [];    // {n, from, to}
    this.open = new Map();
  }

  lane(i) {
    while (this.lanes.length <= i) {
      this.lanes.push({ beats: [], shareAt: [], share: [], verdicts: [], fates: [] });
      this.heard.push([]);
    }
    return this.lanes[i];
  }

  // note is called before an event is folded, noted after.
  note(e, number, before) {
    if (e.k === 'beat') {
      const beats = this.lane(e.node).beats;
      beats.push(e.t);
      if (beats.length > longestLane) beats.splice(0, longestLane / 2);
    }
    if (e.k === 'heard') {
      this.lane(e.node);
      this.heard[e.node].push(number);
    }
    if (e.k === 'start' && e.who === 'monitor') {
      this.lanes.forEach((lane, i) => { if (before.failed[i]) closeSpan(lane.verdicts, e.t); });
    }
    if (e.k === 'case' && (e.what === 'end' || e.what === 'cancel')) closeSpan(this.cases, e.t);
  }

  noted(e, number, state) {
    const entry = (kind, node = null) => this.entries.push({ t: e.t, number, kind, node, event: e });
    switch (e.k) {
      case 'cell': this.suspicion(e.by, e.of, e, number, state); break;
      case 'row': for (let i = 0; i < state.n; i++) this.sample(i, e.t, state); break;
      case 'voice': for (let i = 0; i < state.n; i++) if (state.count[i]) this.sample(i, e.t, state); break;
      case 'act': this.act(e, entry); break;
      case 'start': this.start(e, state, entry); break;
      case 'verdict': this.verdict(e, state, entry); break;
      case 'deaf':
        if (e.text) this.deafness.push({ from: e.t, to: null }); else closeSpan(this.deafness, e.t);
        entry('deaf');
        break;
      case 'case':
        if (e.what === 'waiting') break;
        if (e.what === 'begin') this.cases.push({ n: e.n, from: e.t, to: null });
        entry('case');
        break;
      case 'away': entry('away'); break;
      case 'log': entry('log'); break;
      case 'gone': entry('gone', e.node); break;
      case 'end-of-run': entry('end'); break;
    }
  }

  sample(i, t, state) {
    const lane = this.lane(i);
    const share = state.share(i);
    if (share === (lane.share.at(-1) ?? 0)) return;
    if (lane.shareAt.at(-1) === t) { lane.share[lane.share.length - 1] = share; return; }
    lane.shareAt.push(t);
    lane.share.push(share);
  }

  suspicion(by, of, e, number, state) {
    this.sample(of, e.t, state);
    const death = this.open.get(of);
    if (!death || death.verdict !== null) return;
    if (state.count[of] === 0) { death.first = death.last = null; return; }
    if (!e.suspect || !state.voice[by]) return;
    if (death.first === null) {
      death.first = e.t;
      this.entries.push({ t: e.t, number, kind: 'suspicion', node: of, event: e });
    }
    death.last = e.t;
  }

  act(e, entry) {
    const falls = { kill: Dead, interrupt: Dead, pause: Paused }[e.what];
    for (const i of e.nodes ?? []) {
      const lane = this.lane(i);
      if (falls !== undefined) {
        lane.fates.push({ fate: falls, from: e.t, to: null });
        this.die(i, e.t, true);
      }
      if (e.what === 'resume' || e.what === 'restart') this.rise(i, e.t);
    }
    entry('act', e.nodes?.length === 1 ? e.nodes[0] : null);
  }

  start(e, state, entry) {
    if (e.node === undefined) {
      if (e.life > 1) entry('start');
      return;
    }
    this.lane(e.node);
    if (e.life > 1) {
      this.rise(e.node, e.t);
      entry('start', e.node);
    }
  }

  die(i, at, known) {
    this.settle(i, at);
    const death = { node: i, at, known, first: null, last: null, verdict: null, end: null };
    this.deaths.push(death);
    this.open.set(i, death);
  }

  rise(i, at) {
    const fate = this.lane(i).fates.at(-1);
    if (fate && fate.to === null) fate.to = at;
    this.settle(i, at);
  }

  settle(i, at) {
    const death = this.open.get(i);
    if (death) { death.end = at; this.open.delete(i); }
  }

  verdict(e, state, entry) {
    const lane = this.lane(e.node);
    if (e.failed) {
      if (!this.open.has(e.node)) {
        // Nobody told of a death: the last heartbeat is all there is.
        this.die(e.node, state.beatAt[e.node] ?? e.t, false);
        const death = this.open.get(e.node);
        const at = lane.shareAt.findLastIndex((_, x) => lane.share[x] === 0);
        death.first = lane.shareAt[at + 1] ?? null;
        death.last = lane.shareAt.at(-1) ?? null;
      }
      this.open.get(e.node).verdict = e.t;
      lane.verdicts.push({ from: e.t, to: null });
    } else {
      closeSpan(lane.verdicts, e.t);
      const death = this.open.get(e.node);
      if (death && death.verdict !== null) this.settle(e.node, e.t);
    }
    entry('verdict', e.node);
  }

  // next and previous are the changes around an instant, null if there is none.
  next(t) { return this.entries.find((x) => x.t > t + 1e-9) ?? null; }
  previous(t) { return this.entries.findLast((x) => x.t < t - 1e-9) ?? null; }

  drop(t, number) {
    for (const heard of this.heard) heard.splice(0, heard.findIndex((x) => x >= number) >>> 0);
    for (const lane of this.lanes) lane.beats = lane.beats.filter((x) => x >= t);
    this.entries = this.entries.filter((x) => x.number >= number);
  }
}

function closeSpan(spans, t) {
  const last = spans.at(-1);
  if (last && last.to === null) last.to = t;
}
