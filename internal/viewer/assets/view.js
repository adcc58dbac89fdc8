import { History } from './history.js';
import { Matrix } from './matrix.js';
import { Panels } from './panels.js';
import { Ring, pattern } from './ring.js';
import { Timeline } from './timeline.js';
import { make, patchList, setAttribute, setHidden, setText } from './dom.js';
import { condition, counted, pair, protocolTitle, rule, seconds, setting, truth } from './words.js';

const sources = {
  opening: 'opening', recorded: 'recorded', simulated: 'simulated', simulating: 'simulation, running',
  broken: 'cannot be read',
};
const backends = { sim: 'a simulation', local: 'this machine', docker: 'containers' };
const textEvery = 120;    // ms between patches of text while time runs
const lanesEvery = 250;   // ms between redraws of a timeline that grows
const matrixEvery = 90;   // ms between redraws of a large matrix

// View shows one run: its history, and everything of the page that is drawn of it.
export class View {
  constructor(parent, { name, span, still, select, seek, say, lab, authors }) {
    this.history = new History();
    this.name = name;
    this.still = still;
    this.say = say;
    this.choose = select;
    this.seek = seek;
    this.chosen = [];
    this.pointed = -1;        // node under the pointer
    this.pointedCell = null;  // and cell
    this.connection = { state: 'opening', text: '' };
    this.awaySince = null;
    this.arrival = null;      // least difference between the page's clock and the stream's
    this.dirty = true;
    this.root = document.getElementById('view').content.firstElementChild.cloneNode(true);
    parent.append(this.root);
    this.at = (key) => this.root.querySelector(`[data-at="${key}"]`);
    // A canvas that changes its size is empty, so it is drawn before it is seen.
    const dirty = () => {
      this.dirty = true;
      if (this.shownT !== null) this.frame(performance.now(), this.shownT, this.shownStep, false);
    };
    this.ring = new Ring(this.at('ring'), dirty);
    this.matrix = new Matrix(this.at('matrix'), dirty);
    this.timeline = new Timeline(this.at('timeline'), this.at('playhead'), span, dirty);
    this.panels = new Panels(this, lab, authors);
    this.lastText = this.lastLanes = this.lastMatrix = -Infinity;
    this.late = { matrix: false, text: false }; // what is put off to a later frame
    this.shownT = null;
    this.hoverT = null;
    this.bindPointer();
    this.bindKeys();
  }

  // take adds events of the stream.
  take(events) {
    const generation = this.history.generation;
    this.history.endless = this.live;
    this.history.append(events);
    if (generation !== this.history.generation || this.arrival === null) this.arrival = Infinity;
    this.arrival = Math.min(this.arrival, performance.now() / 1000 - this.history.finish);
    this.grown = true;
    this.panels.past.note(this.history.head);
    this.noteAway();
  }

  tell(connection) {
    const before = this.flowing;
    this.connection = connection;
    if (this.flowing && !before) this.arrival = Infinity;
    this.noteAway();
    this.dirty = true;
  }

  // away tells whether there is no news: of the server, or of the monitor behind it.
  get away() { return this.connection.state === 'away' || Boolean(this.history.head.away); }

  noteAway() {
    if (this.away) this.awaySince ??= new Date(); else this.awaySince = null;
  }

  get flowing() { return ['live', 'simulating'].includes(this.connection.state); }

  get live() { return this.flowing || ['opening', 'away'].includes(this.connection.state); }

  // present is the instant of now in a live stream, a moment late so that what
  // happens is seen to happen; null if the stream is over.
  get present() {
    if (!this.live || this.history.head.end) return null;
    if (this.away || !this.flowing || !Number.isFinite(this.arrival)) return this.history.finish;
    return Math.max(this.history.start, performance.now() / 1000 - this.arrival - 0.25);
  }

  get end() { return Math.max(this.history.finish, this.present ?? 0); }

  // frame draws what has changed at instant t; step is a count of events that stands
  // for it, or null.
  frame(now, t, step, running) {
    const moved = t !== this.shownT || step !== this.shownStep;
    if (moved || this.dirty || this.grown) this.late = { matrix: true, text: true };
    else if (!this.late.matrix && !this.late.text) return;
    const state = step === null ? this.history.at(t) : this.history.after(step);
    this.state = state;
    this.shownT = t;
    this.shownStep = step;
    const scene = {
      history: this.history, state, t, chosen: this.chosen, pointed: this.pointed, pointedCell: this.pointedCell,
      nearest: state.nearest(), still: this.still(), start: this.history.start, finish: this.end,
    };
    const all = this.dirty;
    this.ring.draw(scene);
    if (all || !running || state.n <= 64 || now - this.lastMatrix >= matrixEvery) {
      this.matrix.draw(scene);
      this.lastMatrix = now;
      this.late.matrix = false;
    }
    if (all || (this.grown && now - this.lastLanes >= lanesEvery) || this.timeline.follow(t, this.end)) {
      this.drawLanes(scene);
      this.lastLanes = now;
      this.grown = false;
    }
    this.timeline.drawPlayhead(t, this.hoverT);
    if (all || !running || now - this.lastText >= textEvery) {
      this.patch(scene);
      this.lastText = now;
      this.late.text = false;
    }
    this.dirty = false;
  }

  drawLanes(scene) {
    const box = this.at('lanes-box');
    this.timeline.scroll = box.scrollTop;
    this.timeline.draw(scene);
    const most = Math.max(150, innerHeight * (scene.state.n <= 12 ? 0.34 : 0.25));
    const want = `${Math.round(Math.min(this.timeline.need(), most))}px`;
    if (box.style.height !== want) box.style.height = want;
    const spare = `${Math.max(0, this.timeline.need() - box.clientHeight)}px`;
    const spacer = this.at('spacer');
    if (spacer.style.height !== spare) spacer.style.height = spare;
    const { n } = scene.state;
    setText(this.at('lanes'), this.timeline.shown < n ?
      `${this.timeline.shown} of ${n} nodes: those that fell, and those most suspected` : '');
    setHidden(this.at('everyone'), this.timeline.shown === n && !this.timeline.everyone);
    setText(this.at('everyone'), this.timeline.everyone ? 'Fewer lanes' : 'All lanes');
  }

  patch({ state, t }) {
    const run = state.run;
    const title = run ? `${protocolTitle(run)}, ${counted(state.order.length, 'node')}` : 'No cluster yet';
    setText(this.at('title'), this.name ? `${title} · ${this.name}` : title);
    this.patchSource(run);
    patchList(this.at('settings'), settings(run), ([key]) => key, ([key]) => {
      const div = make('div');
      div.append(make('dt', '', key), make('dd'));
      return div;
    }, (div, [, value]) => setText(div.lastChild, value));
    setText(this.at('rule'), run ? rule(run) : '');
    setAttribute(this.root, 'data-messages', run?.messages === false ? 'no' : 'yes');
    setHidden(this.at('deaf'), !state.deaf);
    setText(this.at('deaf'), state.deaf ? `The monitor is ${state.deaf}. It declares nobody failed for a while.` : '');
    setText(this.at('pattern'), run?.messages === false ? 'This source does not see messages' : pattern(state, t));
    const nearest = state.nearest();
    setText(this.at('column'), nearest < 0 ? '' :
      `Nearest to a verdict: ${state.name(nearest)}, ${state.count[nearest]} of ${state.voters(nearest)}`);
    const test = state.testcase;
    setHidden(this.at('running'), !test);
    setText(this.at('running'), !test ? '' : `Case ${test.n} runs for ${seconds(Math.max(0, t - test.since))}` +
      (test.waiting ? `. It waits: ${this.shorten(test.waiting)}` : ''));
    this.describeCanvases(state);
    this.panels.patch(state, t);
    setAttribute(this.at('lanes-box'), 'aria-valuemax', this.end.toFixed(1));
    setAttribute(this.at('lanes-box'), 'aria-valuenow', t.toFixed(1));
    setAttribute(this.at('lanes-box'), 'aria-valuetext', `${t.toFixed(1)} seconds`);
  }

  // shorten has names in place of addresses.
  shorten(text) {
    const names = new Map(this.state.nodes.map((n) => [n.address, n.name]));
    const out = text.replace(/[\w.[\]:-]+:\d+/g, (address) => names.get(address) ?? address);
    return out.length > 260 ? `${out.slice(0, 259)}…` : out;
  }

  patchSource(run) {
    const { text } = this.connection;
    const state = this.away ? 'away' : this.connection.state;
    const label = state === 'away' ? `monitor away since ${this.awaySince.toLocaleTimeString()}` :
      this.flowing ? this.flowLabel(run) : sources[state] ?? state;
    setText(this.at('source'), text ? `${label}: ${text}` : label);
    setAttribute(this.at('source'), 'data-state', state);
    setAttribute(this.root, 'data-away', state === 'away' ? '' : null);
  }

  flowLabel(run) {
    const { end } = this.history.head;
    if (end) return ['ended', end.verdict, end.text].filter(Boolean).join(': ');
    if (this.connection.state !== 'live') return sources[this.connection.state];
    if (!run) return 'the cluster is being built and started, which can take a minute';
    return run.source === 'monitor' ? 'live, from the monitor' : 'live';
  }

  describeCanvases(state) {
    const failed = state.order.filter((i) => state.failed[i]).length;
    const suspected = state.order.filter((i) => condition(state, i) === 'suspected').length;
    const text = `${counted(state.order.length, 'node')}: ${failed} declared failed, ${suspected} suspected by some. ` +
      'The tab Table says it in words.';
    setAttribute(this.at('ring'), 'aria-label', `The ring. ${text} Arrow keys go from node to node, Enter selects.`);
    setAttribute(this.at('matrix'), 'aria-label',
      `The suspect matrix. ${text} Arrow keys go from cell to cell, Enter selects.`);
  }

  // nodeText is what the tip says of a node.
  nodeText(i) {
    const s = this.state;
    const what = [condition(s, i), truth(s, i)].filter(Boolean).join(', ');
    const share = s.failed[i] ? '' : `; suspected by ${s.count[i]} of ${s.voters(i)}`;
    const beat = s.beatAt[i] === null ? '' : `; last heartbeat ${seconds(Math.max(0, this.shownT - s.beatAt[i]))} ago`;
    return `${s.name(i)}: ${what}${share}${beat}`;
  }

  cellText({ row, column }) {
    const order = this.state.order;
    return pair(this.history, this.state, order[row], order[column], this.shownT);
  }

  bindPointer() {
    const where = (canvas, e) => {
      const box = canvas.getBoundingClientRect();
      return [e.clientX - box.left, e.clientY - box.top];
    };
    const ring = this.at('ring'), matrix = this.at('matrix'), lanes = this.at('lanes-box');
    ring.addEventListener('pointermove', (e) => {
      if (!this.state) return;
      this.point(this.ring.at(...where(ring, e), this.state));
      this.say(this.pointed < 0 ? null : this.nodeText(this.pointed), e.clientX, e.clientY);
      ring.style.cursor = this.pointed < 0 ? 'default' : 'pointer';
    });
    ring.addEventListener('pointerleave', () => { this.point(-1); this.say(null); });
    ring.addEventListener('click', (e) => {
      if (!this.state) return;
      this.choose(this, this.ring.at(...where(ring, e), this.state), e.shiftKey || e.ctrlKey || e.metaKey);
    });

    matrix.addEventListener('pointermove', (e) => {
      if (!this.state) return;
      const at = where(matrix, e);
      if (this.panFrom && e.buttons) {
        const cell = this.matrix.layout.cell;
        this.matrix.pan((this.panFrom[0] - at[0]) / cell, (this.panFrom[1] - at[1]) / cell);
        this.panFrom = at;
      }
      this.pointedCell = this.matrix.at(...at);
      this.dirty = true;
      this.say(this.pointedCell && this.cellText(this.pointedCell), e.clientX, e.clientY);
    });
    matrix.addEventListener('pointerdown', (e) => { this.panFrom = this.matrix.zoom > 1 ? where(matrix, e) : null; });
    matrix.addEventListener('pointerleave', () => { this.pointedCell = null; this.dirty = true; this.say(null); });
    matrix.addEventListener('click', (e) => {
      if (this.state && this.pointedCell) {
        this.choose(this, this.state.order[this.pointedCell.column], e.shiftKey || e.ctrlKey || e.metaKey);
      }
    });
    matrix.addEventListener('wheel', (e) => {
      if (!e.ctrlKey && this.matrix.zoom === 1) return;
      e.preventDefault();
      if (e.ctrlKey) this.matrix.magnify(Math.exp(-e.deltaY / 300), ...where(matrix, e));
      else this.matrix.pan(e.deltaX / this.matrix.layout.cell, e.deltaY / this.matrix.layout.cell);
      this.dirty = true;
    }, { passive: false });

    const scrub = (e) => {
      const t = this.timeline.timeAt(where(this.at('playhead'), e)[0]);
      this.seek(Math.max(this.history.start, Math.min(this.end, t)));
    };
    lanes.addEventListener('pointerdown', (e) => {
      if (!this.timeline.layout || e.button !== 0) return;
      const [x, y] = where(this.at('playhead'), e);
      if (x > lanes.clientWidth) return; // the scroll bar
      const node = this.timeline.nodeAt(y);
      if (x < this.timeline.layout.x) {
        if (node >= 0) this.choose(this, node, e.shiftKey || e.ctrlKey || e.metaKey);
        return;
      }
      if (e.pointerType !== 'touch') lanes.setPointerCapture(e.pointerId);
      this.scrubbing = true;
      scrub(e);
    });
    lanes.addEventListener('pointermove', (e) => {
      if (!this.timeline.layout) return;
      const [x] = where(this.at('playhead'), e);
      this.hoverT = x >= this.timeline.layout.x ? this.timeline.timeAt(x) : null;
      if (this.scrubbing && e.buttons) scrub(e);
      this.dirty = true;
    });
    lanes.addEventListener('pointerup', () => { this.scrubbing = false; });
    lanes.addEventListener('pointercancel', () => { this.scrubbing = false; });
    lanes.addEventListener('pointerleave', () => { this.hoverT = null; this.dirty = true; });
    lanes.addEventListener('scroll', () => { this.dirty = true; });
    lanes.addEventListener('wheel', (e) => {
      if (!e.ctrlKey && Math.abs(e.deltaX) <= Math.abs(e.deltaY)) return;
      e.preventDefault();
      const l = this.timeline.layout;
      const t = this.timeline.timeAt(where(this.at('playhead'), e)[0]);
      if (e.ctrlKey) this.zoom(Math.exp(e.deltaY / 300), t);
      else this.timeline.shift(e.deltaX / l.width * (l.to - l.from), this.history.start, this.end);
      this.dirty = true;
    }, { passive: false });
    this.at('everyone').onclick = () => {
      this.timeline.everyone = !this.timeline.everyone;
      this.dirty = true;
    };
    this.at('zoom-in').onclick = () => this.zoom(0.5, this.shownT);
    this.at('zoom-out').onclick = () => this.zoom(2, this.shownT);
    this.at('zoom-all').onclick = () => this.zoom(Infinity, 0);
  }

  zoom(factor, t) {
    this.timeline.zoom(factor, t, this.history.start, this.end);
    this.dirty = true;
  }

  point(i) {
    if (this.pointed === i) return;
    this.pointed = i;
    this.dirty = true;
  }

  bindKeys() {
    const ring = this.at('ring'), matrix = this.at('matrix');
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const beside = (canvas, spot) => {
      const box = canvas.getBoundingClientRect();
      return [box.left + spot.x, box.top + spot.y];
    };
    ring.addEventListener('keydown', (e) => {
      const order = this.state?.order;
      if (!order?.length) return;
      if (steps[e.key]) {
        const place = order.indexOf(this.pointed);
        this.point(order[(place + steps[e.key] + order.length) % order.length]);
        this.say(this.nodeText(this.pointed), ...beside(ring, this.ring.spot(this.pointed, this.state)), true);
      } else if (e.key === 'Enter' && this.pointed >= 0) this.choose(this, this.pointed, e.shiftKey);
      else return;
      e.preventDefault();
      e.stopPropagation();
    });
    matrix.addEventListener('keydown', (e) => {
      const n = this.state?.order.length;
      if (!n) return;
      const cell = this.pointedCell ?? { row: 0, column: -1 };
      if (e.key.startsWith('Arrow')) {
        const down = { ArrowDown: 1, ArrowUp: -1 }[e.key] ?? 0, on = { ArrowRight: 1, ArrowLeft: -1 }[e.key] ?? 0;
        this.pointedCell = { row: clamp(cell.row + down, n), column: clamp(cell.column + on, n) };
        this.matrix.reveal(this.pointedCell);
        this.say(this.cellText(this.pointedCell), ...beside(matrix, this.matrix.spot(this.pointedCell)), true);
      } else if (e.key === 'Enter' && this.pointedCell) this.choose(this, this.state.order[cell.column], e.shiftKey);
      else if (e.key === '+' || e.key === '=' || e.key === '-') {
        const spot = this.matrix.spot(this.pointedCell ?? { row: 0, column: 0 });
        this.matrix.magnify(e.key === '-' ? 0.5 : 2, spot.x, spot.y);
      } else return;
      this.dirty = true;
      e.preventDefault();
      e.stopPropagation();
    });
    for (const canvas of [ring, matrix]) {
      canvas.addEventListener('blur', () => {
        this.pointed = -1;
        this.pointedCell = null;
        this.dirty = true;
        this.say(null);
      });
    }
  }
}

function clamp(place, n) { return Math.max(0, Math.min(n - 1, place)); }

function settings(run) {
  if (!run) return [];
  const list = [
    ['heartbeat', run.heartbeat], ['gossip', run.gossip], ['T_fail', run.fail], ['bound', run.bound],
  ].filter(([, value]) => value).map(([key, value]) => [key, setting(value)]);
  if (run.freshness) list.push(['fresh by', run.freshness]);
  if (run.aligned === false && run.messages) list.push(['rounds', 'not aligned']);
  if (run.speed && run.speed !== 1) list.push(['speed', `× ${run.speed}`]);
  if (run.backend) list.push(['on', backends[run.backend] ?? run.backend]);
  if (run.seed) list.push(['seed', String(run.seed)]);
  return list;
}
