import * as address from './address.js';
import * as colours from './colours.js';
import { setAttribute, setHidden, setText, make, patchList } from './dom.js';
import { Player, rates } from './player.js';
import { open } from './source.js';
import { View } from './view.js';
import { describe, instant } from './words.js';

const get = (id) => document.getElementById(id);
const motion = matchMedia('(prefers-reduced-motion: reduce)');
const stillEvery = 500; // ms from frame to frame where motion is to be reduced

const config = readConfig();
const player = new Player();
const span = { from: 0, to: null };
let wanted = {};         // what the address asks for, until it can be had
let complaints = [];
let views = [];

function readConfig() {
  try {
    return JSON.parse(get('config').textContent || '{}');
  } catch (e) {
    complaints = [`the page’s settings cannot be read: ${e.message}`];
    return {};
  }
}

// Views

function begin() {
  const streams = (config.streams?.length ? config.streams : [{ sse: 'api/v1/events' }]).map(beginning);
  if (config.lab) Object.assign(config.lab, { start: streams.map((s) => s.start).filter(Boolean), script: wanted.script });
  document.body.dataset.runs = streams.length;
  const simulations = [];
  views = streams.map((stream, i) => {
    const lab = i === 0 ? config.lab : null;
    const view = new View(get('runs'), {
      name: stream.name ?? '', span, still: () => motion.matches, select, seek, say, lab,
      authors: config.authors ?? [],
    });
    const source = open(stream, (events) => take(view, events), (c) => view.tell(c));
    if (source?.act) simulations.push(source);
    return view;
  });
  // The same is done to all, but that each has a protocol of its own.
  if (config.lab && simulations.length) {
    config.lab.simulate = ({ other, ...act }) => Promise.all(simulations.map(({ act: ask }, i) =>
      ask(i > 0 && act.protocol ? { ...act, protocol: other } : act)));
  }
}

// beginning is a stream whose simulation begins with what the address asks for.
function beginning(stream, i) {
  if (!stream.worker) return stream;
  const start = { ...stream.start };
  if (wanted.protocol && i === 0) start.protocol = wanted.protocol;
  if (wanted.nodes) start.nodes = wanted.nodes;
  if (wanted.seed && Number.isSafeInteger(Number(wanted.seed))) start.seed = Number(wanted.seed);
  return { ...stream, start };
}

function take(view, events) {
  const generation = view.history.generation;
  const first = view.history.length === 0;
  view.take(events);
  if (generation !== view.history.generation) { view.chosen = []; player.following = true; }
  if (first || generation !== view.history.generation) settle(view);
}

// settle goes to the instant and the node that the address asks for, or where a
// reader would want to begin.
function settle(view) {
  complaints = complaints.concat(address.disagreements(wanted, view.history.head));
  if (wanted.node && wanted.node <= view.history.head.n) view.chosen = [wanted.node - 1];
  if (view !== views[0]) return;
  if (wanted.t !== undefined && view.connection.state !== 'simulating') {
    if (wanted.t > view.end && view.present === null) {
      complaints.push(`t is ${wanted.t}: this run ends at ${instant(view.end)}`);
    }
    seek(Math.min(wanted.t, view.end));
  } else if (view.present !== null) player.following = true;
  else {
    const death = view.history.chronicle.deaths[0];
    seek(death ? Math.max(view.history.start, death.at - 0.5) : view.history.start);
  }
  wanted = {};
}

function select(view, node, more) {
  if (node < 0) { if (!more) view.chosen = []; }
  else if (more && view.chosen.includes(node)) view.chosen = view.chosen.filter((i) => i !== node);
  else if (more) view.chosen = [...view.chosen, node];
  else view.chosen = view.chosen.length === 1 && view.chosen[0] === node ? [] : [node];
  if (node >= 0 && view.panels.shown !== 'lab' && view.panels.shown !== 'table') view.panels.show('node');
  for (const v of views) {
    if (v !== view) v.chosen = view.chosen.filter((i) => i < v.history.head.n);
    v.dirty = true;
  }
  write();
}

const end = () => Math.max(0, ...views.map((v) => v.end));
const start = () => Math.min(...views.map((v) => v.history.start));
const present = () => views[0]?.present ?? null;
const current = () => views[0];

function seek(t) {
  player.seek(t);
  write();
}

function stepEvent(by) {
  const view = current();
  if (!view.history.length) return;
  player.playing = false;
  const at = player.step ?? view.history.count(player.t);
  const step = Math.max(view.history.base + 1, Math.min(view.history.length, at + by));
  const e = view.history.event(step - 1);
  player.seek(e.t);
  player.step = step;
  const place = `event ${step.toLocaleString('en')} of ${view.history.length.toLocaleString('en')}`;
  setText(get('event'), `${place}: ${describe(e, view.history.after(step))}`);
  write();
}

function jump(by) {
  const entries = views.map(({ history: { chronicle } }) =>
    by > 0 ? chronicle.next(player.t) : chronicle.previous(player.t)).filter(Boolean);
  if (!entries.length) return;
  const e = entries.reduce((a, b) => (by > 0 ? a.t <= b.t : a.t >= b.t) ? a : b);
  player.playing = false;
  seek(e.t);
  setText(get('event'), describe(e.event, current().history.head));
}

function stepNode(by) {
  const view = current(), order = view.state?.order ?? [];
  if (!order.length) return;
  const place = order.indexOf(view.chosen.at(-1));
  const next = place < 0 ? (by > 0 ? 0 : order.length - 1) : (place + by + order.length) % order.length;
  view.chosen = [];
  select(view, order[next], false);
  get('spoken').textContent = view.nodeText(order[next]);
}

// The tip

function say(text, x = 0, y = 0, aloud = false) {
  const tip = get('tip');
  setHidden(tip, !text);
  if (!text) return;
  setText(tip, text);
  const box = tip.getBoundingClientRect();
  const left = Math.max(6, Math.min(innerWidth - box.width - 6, x + 14));
  const top = y + 18 + box.height > innerHeight ? y - box.height - 10 : y + 18;
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  if (aloud) get('spoken').textContent = text;
}

// Address

let writing = 0;
function write() {
  if (!writing) writing = setTimeout(writeNow, 300);
}

function writeNow() {
  writing = 0;
  const view = current(), run = view.history.head.run;
  if (!run) return;
  const node = view.chosen.at(-1);
  const text = address.write({
    protocol: run.protocol, nodes: view.history.head.n, seed: run.seed ? String(run.seed) : '',
    t: player.following ? '' : String(Math.round(player.t * 1000) / 1000),
    node: node === undefined ? '' : node + 1,
    speed: player.rate === 1 ? '' : player.rate,
    theme: get('theme').dataset.chosen ?? '', type: document.documentElement.dataset.type === 'large' ? 'large' : '',
    script: view.panels.controls?.picked,
  });
  if (text !== location.hash) history.replaceState(null, '', text);
}

function readAddress() {
  const { values, complaints: wrong } = address.read(location.hash);
  complaints = wrong;
  wanted = values;
  if (values.speed) player.rate = values.speed;
  if (values.theme) setTheme(values.theme);
  if (values.type) setType(values.type === 'large');
}

addEventListener('hashchange', () => {
  readAddress();
  if (wanted.script) current().panels.controls?.pick(wanted.script);
  if (current().history.length) settle(current());
});

// Looks

function setTheme(theme) {
  if (theme) get('theme').dataset.chosen = theme;
  const usual = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const dark = (get('theme').dataset.chosen ?? usual) === 'dark';
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  setText(get('theme'), dark ? 'Light' : 'Dark');
  colours.changed();
}

function setType(large) {
  document.documentElement.dataset.type = large ? 'large' : 'normal';
  setAttribute(get('type'), 'aria-pressed', large);
  colours.changed();
}

colours.watch(() => { for (const v of views) v.dirty = true; });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => setTheme());
matchMedia('print').addEventListener('change', () => {
  colours.changed(); // paper is light
  for (const v of views) {
    v.dirty = true;
    v.frame(performance.now(), player.t, player.step, false);
  }
});

// Transport

for (const r of rates) get('speed').append(new Option(`${r}×`, r));
get('speed').onchange = (e) => { player.rate = Number(e.target.value); write(); };
get('play').onclick = () => { player.toggle(end(), present() !== null); write(); };
get('live').onclick = () => { player.following = true; write(); };
get('back').onclick = () => stepEvent(-1);
get('forth').onclick = () => stepEvent(1);
get('previous').onclick = () => jump(-1);
get('next').onclick = () => jump(1);
get('slider').oninput = (e) => seek(start() + (end() - start()) * e.target.value / 1000);
get('theme').onclick = () => {
  setTheme(document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark');
  write();
};
get('type').onclick = () => { setType(document.documentElement.dataset.type !== 'large'); write(); };
get('help-button').onclick = () => get('help').showModal();
setHidden(get('plain'), !config.plain);
get('plain').querySelector('a').href = config.plain ?? '';
get('help-close').onclick = () => get('help').close();

const keys = {
  ' ': () => get('play').click(),
  ',': () => stepEvent(-1),
  '.': () => stepEvent(1),
  '[': () => jump(-1),
  ']': () => jump(1),
  ArrowLeft: () => seek(Math.max(start(), player.t - (current().history.head.run?.heartbeat || 1))),
  ArrowRight: () => seek(Math.min(end(), player.t + (current().history.head.run?.heartbeat || 1))),
  Home: () => seek(start()),
  End: () => seek(end()),
  '-': () => { player.faster(-1); write(); },
  '+': () => { player.faster(1); write(); },
  '=': () => { player.faster(1); write(); },
  l: () => { if (present() !== null) get('live').click(); },
  z: () => views.forEach((v) => v.zoom(0.5, player.t)),
  x: () => views.forEach((v) => v.zoom(2, player.t)),
  w: () => views.forEach((v) => v.zoom(Infinity, 0)),
  n: () => stepNode(1),
  p: () => stepNode(-1),
  v: () => {
    const nearest = current().state?.nearest() ?? -1;
    if (nearest < 0) return;
    current().chosen = [];
    select(current(), nearest, false);
  },
  Escape: () => select(current(), -1, false),
  b: () => get('type').click(),
  d: () => get('theme').click(),
  '?': () => get('help').showModal(),
};
['node', 'cases', 'log', 'table', 'lab'].forEach((tab, i) => { keys[i + 1] = () => current().panels.show(tab); });

addEventListener('keydown', (e) => {
  if (e.ctrlKey || e.altKey || e.metaKey || get('help').open) return;
  const at = e.target;
  if (at.matches('input:not([type="range"]):not([type="checkbox"]), textarea, select')) return;
  if (at.matches('input[type="range"]') && /^(Arrow|Home|End|Page)/.test(e.key)) return;
  if (e.key === ' ' && at.matches('button, summary, input')) return;
  if ((e.key === 'Home' || e.key === 'End') && at.matches('.panel')) return;
  const act = keys[e.key];
  if (!act || !views.length) return;
  e.preventDefault();
  act();
});

function patchTransport() {
  const finish = end(), begin = start();
  setText(get('play'), player.playing || player.following ? 'Pause' : 'Play');
  setText(get('now'), instant(player.t));
  setText(get('whole'), `of ${instant(finish)}`);
  setHidden(get('live'), present() === null);
  setAttribute(get('live'), 'aria-pressed', player.following);
  if (player.step === null && (player.playing || player.following)) setText(get('event'), '');
  const slider = get('slider');
  const value = String(Math.round((player.t - begin) / Math.max(1e-9, finish - begin) * 1000));
  if (document.activeElement !== slider || player.playing || player.following) slider.value = value;
  setAttribute(slider, 'aria-valuetext', instant(player.t));
  const rate = String(player.rate);
  if (get('speed').value !== rate) {
    if (![...get('speed').options].some((o) => o.value === rate)) get('speed').append(new Option(`${rate}×`, rate));
    get('speed').value = rate;
  }
  setHidden(get('complaints'), complaints.length === 0);
  patchList(get('complaints'), [...new Set(complaints)], (c) => c, (c) => make('li', '', c));
  const run = current().history.head.run;
  const title = run ? `${run.name || run.protocol || 'gossiprpc'}: gossiprpc` : 'gossiprpc';
  if (document.title !== title) document.title = title;
}

let last = null, lastStill = 0;
function frame(now) {
  requestAnimationFrame(frame);
  const elapsed = last === null ? 0 : Math.min(0.25, (now - last) / 1000);
  last = now;
  const running = player.playing || player.following;
  player.pass(elapsed, end(), present());
  if (motion.matches && running && now - lastStill < stillEvery && !views.some((v) => v.dirty)) return;
  lastStill = now;
  for (const v of views) v.frame(now, player.t, player.step, running);
  patchTransport();
}

setTheme();
readAddress();
begin();
requestAnimationFrame(frame);

// For tests, and for whoever has the browser's console open.
globalThis.gossip = { views, player, seek, complain: () => complaints };
