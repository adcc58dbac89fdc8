import { Controls } from './controls.js';
import { make, patchList, setAttribute, setHidden, setText } from './dom.js';
import { condition, describe, instant, seconds, truth } from './words.js';
import { download, Past, resultRow, toCSV } from './results.js';
import { Up } from './state.js';
import { explain } from './why.js';

const logLines = 150;

// interesting is the node that a reader most likely asks about: one that fell and was
// not found yet, else the last one found, else the nearest to a verdict; -1: none.
function interesting(state) {
  const latest = (nodes, at) => nodes.reduce((best, i) => best < 0 || at[i] > at[best] ? i : best, -1);
  const fallen = latest(state.order.filter((i) => state.fate[i] !== Up && !state.failed[i]), state.fateAt);
  if (fallen >= 0) return fallen;
  const found = latest(state.order.filter((i) => state.failed[i]), state.verdictAt);
  return found >= 0 ? found : state.nearest();
}

// Panels are the tabs beside the figures: why, cases, log, table, lab.
export class Panels {
  constructor(view, lab, authors) {
    this.view = view;
    this.past = new Past(authors);
    const root = view.root;
    this.tabs = [...root.querySelectorAll('[data-tab]')];
    this.pages = new Map([...root.querySelectorAll('[data-panel]')].map((p) => [p.dataset.panel, p]));
    this.controls = lab ? new Controls(view, lab) : null;
    const bar = view.at('tabs');
    for (const tab of this.tabs) {
      if (tab.dataset.tab === 'lab') tab.hidden = !lab;
      tab.onclick = () => this.show(tab.dataset.tab);
    }
    bar.addEventListener('keydown', (e) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
      if (!step) return;
      const there = this.tabs.filter((t) => !t.hidden);
      const next = there[(there.indexOf(document.activeElement) + step + there.length) % there.length];
      this.show(next.dataset.tab);
      next.focus();
      e.preventDefault();
      e.stopPropagation();
    });
    view.at('csv').onclick = () => download('results.csv', 'text/csv', toCSV(this.results()));
    view.at('json').onclick = () =>
      download('results.json', 'application/json', JSON.stringify(this.results(), null, 2));
    view.at('addresses').onchange = (e) => {
      setAttribute(root.querySelector('table.nodes'), 'data-addresses', e.target.checked ? '' : null);
    };
    this.show(lab ? 'lab' : 'node');
  }

  results() { return this.past.all; }

  show(name) {
    if (!this.pages.has(name) || this.tabs.find((t) => t.dataset.tab === name).hidden) return;
    this.shown = name;
    for (const tab of this.tabs) {
      const on = tab.dataset.tab === name;
      setAttribute(tab, 'aria-selected', on);
      tab.tabIndex = on ? 0 : -1;
    }
    for (const [key, page] of this.pages) setHidden(page, key !== name);
    this.view.dirty = true;
  }

  patch(state, t) {
    const printing = matchMedia('print').matches;
    const on = (name) => printing || this.shown === name;
    if (on('node')) this.patchNode(state, t);
    if (on('cases')) this.patchCases(state, t);
    if (on('log')) this.patchLog(t);
    if (on('table')) this.patchTable(state, t);
    if (this.controls && on('lab')) this.controls.patch(state);
  }

  patchNode(state, t) {
    const at = this.view.at;
    const chosen = this.view.chosen.at(-1);
    const node = chosen ?? interesting(state);
    if (node < 0 || !state.nodes[node]) {
      setText(at('node-name'), 'Nobody is suspected');
      setText(at('node-facts'), '');
      setText(at('node-head'), 'Select a node in the ring, the matrix or the timeline to read what keeps it alive.');
      patchList(at('node-parts'), [], (x) => x, () => null);
      return;
    }
    const { head, parts } = explain(this.view.history, state, node, t);
    const fate = truth(state, node);
    setText(at('node-name'), `Why is ${state.name(node)} ${condition(state, node)}?`);
    setText(at('node-facts'), [
      state.nodes[node].address, state.nodes[node].life > 1 ? `life no. ${state.nodes[node].life}` : '',
      fate ? `in truth: ${fate} since ${instant(state.fateAt[node] ?? 0)}` : '',
      chosen === undefined ? 'shown as nobody is selected' : '',
    ].filter(Boolean).join(' · '));
    setText(at('node-head'), head);
    patchList(at('node-parts'), parts, (p) => p.title, (p) => {
      const section = make('section');
      section.append(make('h4', '', p.title), make('ul', 'chain'));
      return section;
    }, (section, p) => this.patchLines(section.lastChild, p.lines));
  }

  patchLines(list, lines) {
    patchList(list, lines, (l) => l.key, (l) => {
      const li = make('li');
      const text = make(l.node === undefined ? 'span' : 'button', 'text');
      if (l.node !== undefined) {
        text.type = 'button';
        text.onclick = (e) => this.view.choose(this.view, l.node, e.shiftKey);
      }
      li.append(text, make('span', 'detail'));
      return li;
    }, (li, l) => {
      setText(li.firstChild, l.text);
      setText(li.lastChild, l.detail ?? '');
    });
  }

  patchCases(state, t) {
    const at = this.view.at;
    const test = state.testcase;
    setText(at('case-now'), test ? `Case ${test.n} runs for ${seconds(Math.max(0, t - test.since))}. ` +
      (test.waiting ? `It waits: ${this.view.shorten(test.waiting)}` : '') :
      state.results.length ? 'No case is running.' :
        state.run?.messages === false ? 'No case is running. What cases ended with is in the monitor’s results.txt.' :
        'No case has ended by now. Type 1, 2 or 3 at the monitor’s menu.');
    patchList(at('results'), state.results.map((r, i) => ({ ...r, i })).reverse(), (r) => r.i, () => {
      const tr = make('tr');
      for (let c = 0; c < 8; c++) tr.append(make('td'));
      return tr;
    }, (tr, r) => {
      resultRow(this.past.beside(state.run, r.result)).forEach((text, c) => setText(tr.cells[c], text));
      setAttribute(tr, 'title', r.result.title ?? null);
    });
    const earlier = this.past.before(this.view.history.head.run);
    setHidden(at('earlier-part'), earlier.length === 0);
    patchList(at('earlier'), earlier, (e) => e.key, () => {
      const tr = make('tr');
      for (let c = 0; c < 9; c++) tr.append(make('td'));
      return tr;
    }, (tr, e) => {
      [e.result.protocol ?? '–', ...resultRow(e.result)].forEach((text, c) => setText(tr.cells[c], text));
    });
    const none = this.results().length === 0;
    at('csv').disabled = at('json').disabled = none;
  }

  patchLog(t) {
    const view = this.view;
    const entries = view.history.chronicle.entries;
    let end = entries.length;
    while (end > 0 && entries[end - 1].t > t) end--;
    const shown = entries.slice(Math.max(0, end - logLines), end);
    const list = view.at('log');
    const panel = this.pages.get('log');
    const atEnd = panel.scrollTop + panel.clientHeight >= panel.scrollHeight - 30;
    const before = list.childElementCount;
    patchList(list, shown, (e) => `${e.number} ${e.kind}`, (e) => {
      const li = make('li');
      li.dataset.kind = e.kind;
      if (e.kind === 'verdict' && e.event.failed) li.dataset.failed = '';
      const button = make('button', '', instant(e.t));
      button.type = 'button';
      button.title = 'Go to this moment';
      button.onclick = () => view.seek(e.t);
      const state = view.history.head;
      const text = e.kind !== 'suspicion' ? describe(e.event, state) :
        `first suspicion of ${state.name(e.node)}, by ${state.name(e.event.by)}`;
      li.append(button, make('span', '', text));
      return li;
    });
    if (atEnd && list.childElementCount !== before) panel.scrollTop = panel.scrollHeight;
  }

  patchTable(state, t) {
    patchList(this.view.at('table'), state.order, (i) => i, (i) => {
      const tr = make('tr');
      const name = make('button');
      name.type = 'button';
      name.onclick = (e) => this.view.choose(this.view, i, e.shiftKey);
      const head = make('td');
      head.append(name);
      tr.append(head, make('td'), make('td'), make('td'), make('td'), make('td', 'address'));
      return tr;
    }, (tr, i) => {
      const fate = truth(state, i);
      setText(tr.cells[0].firstChild, state.name(i));
      setText(tr.cells[1], condition(state, i) + (fate ? ` (${fate})` : ''));
      setText(tr.cells[2], state.beatAt[i] === null ? 'none yet' : `${seconds(Math.max(0, t - state.beatAt[i]))} ago`);
      setText(tr.cells[3], `${state.count[i]} of ${state.voters(i)}`);
      setText(tr.cells[4], state.voice[i] ? 'yes' : 'no');
      setText(tr.cells[5], state.nodes[i].address);
      setAttribute(tr, 'data-is', condition(state, i));
      setAttribute(tr, 'aria-selected', this.view.chosen.includes(i));
    });
  }
}
