import { make, setAttribute, setHidden, setText } from './dom.js';
import { listed } from './words.js';

const onNodes = [
  ['kill', 'Kill'], ['interrupt', 'Ctrl-C'], ['restart', 'Restart'],
  ['pause', 'Pause'], ['resume', 'Resume'], ['partition', 'Cut off'],
];

const limits = { fail: [0.1, 3600], delay: [0, 10_000], drift: [0, 100_000] };
const drawSeed = () => Math.floor(Math.random() * 2 ** 32);

// Controls press what a lab offers: each is one act, asked of the lab, whose effect
// comes back by the stream.
export class Controls {
  constructor(view, lab) {
    this.view = view;
    this.lab = lab;
    const panel = view.at('lab');
    panel.append(document.getElementById('controls').content.cloneNode(true));
    this.at = (key) => panel.querySelector(`[data-at="${key}"]`);
    this.form = panel.querySelector('form');
    this.form.addEventListener('submit', (e) => e.preventDefault());
    this.nodeButtons = onNodes.map(([act, label]) => {
      const button = make('button', '', label);
      button.type = 'button';
      button.dataset.do = act;
      this.at('acts').append(button);
      return button;
    });
    for (const button of this.form.querySelectorAll('[data-do]')) {
      if (lab.acts && !lab.acts.includes(button.dataset.do)) button.hidden = true;
      button.onclick = () => this.press(button);
    }
    setHidden(this.at('loss-part'), Boolean(lab.acts && !lab.acts.includes('loss')));
    setHidden(this.at('script-part'), Boolean(lab.acts && !lab.acts.includes('script')));
    setHidden(this.at('new-part'), Boolean(lab.acts && !lab.acts.includes('new')));
    const scripts = lab.scripts ?? [];
    setHidden(this.at('scripts').parentElement, scripts.length === 0);
    for (const s of [{ name: '', text: '' }, ...scripts]) this.at('scripts').append(new Option(s.name));
    this.at('scripts').onchange = (e) => this.pick(e.target.value);
    if (lab.script && !this.pick(lab.script)) this.say(`the lab has no script “${lab.script}”`, true);
    for (const p of lab.protocols ?? ['random', 'rr', 'brr', 'scrr']) {
      this.at('protocol').append(new Option(p));
      this.at('other').append(new Option(p));
    }
    for (const more of panel.querySelectorAll('[data-setting]')) {
      setHidden(more, !lab.settings?.includes(more.dataset.setting));
    }
    const [first, second] = lab.start ?? [];
    setHidden(this.at('other-part'), !second);
    if (second) this.at('other').value = second.protocol;
    if (first) for (const key of ['protocol', 'nodes', 'seed']) this.at(key).value = first[key];
    setHidden(this.at('beside'), !lab.beside);
    if (lab.beside) this.at('beside').firstElementChild.href = lab.beside;
  }

  get picked() { return this.at('scripts').value; }

  // pick shows a script of the list; false: it has none of this name.
  pick(name) {
    const script = this.lab.scripts?.find((s) => s.name === name);
    if (!script) return false;
    this.at('scripts').value = name;
    this.at('script').value = script.text;
    this.at('script-part').open = true;
    return true;
  }

  names() { return this.view.chosen.map((i) => this.view.history.head.name(i)); }

  patch() {
    const names = this.names();
    setText(this.at('lab-chosen'), names.length ? `Selected: ${listed(names)}` :
      'Select a node in the ring first (with Shift: several).');
    for (const b of this.nodeButtons) if (b.disabled !== (names.length === 0)) b.disabled = names.length === 0;
  }

  act(button) {
    const act = { do: button.dataset.do };
    switch (act.do) {
      case 'heal': case 'add': break;
      case 'loss': {
        const percent = this.number('share', 0, 100);
        act.share = percent / 100;
        break;
      }
      case 'menu': act.line = button.dataset.line; break;
      case 'script': act.text = this.at('script').value; break;
      case 'new':
        act.protocol = this.at('protocol').value;
        act.nodes = this.number('nodes', 2, 1000);
        act.speed = this.number('speed', 0.1, 50);
        if (this.at('seed').value.trim()) act.seed = this.number('seed', 0, 2 ** 53);
        if (this.lab.simulate) { act.other = this.at('other').value; act.seed ??= drawSeed(); } // the same for both
        for (const s of this.lab.settings ?? []) act[s] = this.number(s, ...limits[s]);
        break;
      default: act.nodes = this.names();
    }
    return act;
  }

  number(key, low, high) {
    const input = this.at(key);
    const n = Number(input.value);
    const wrong = input.value.trim() === '' || !Number.isFinite(n) || n < low || n > high;
    setAttribute(input, 'aria-invalid', wrong ? 'true' : null);
    if (wrong) throw new Error(`${key}: “${input.value}” is no number from ${low} to ${high}`);
    return n;
  }

  async press(button) {
    try {
      const act = this.act(button);
      const long = act.do === 'new' ? ': the cluster is being built and started, which can take a minute' : '';
      this.say(`${button.textContent.trim()} …${long}`);
      await this.send(act);
      this.say(`${button.textContent.trim()}: done`);
      setHidden(this.at('script-wrong'), true);
    } catch (e) {
      this.say(e.message, true);
      if (button.dataset.do === 'script') this.showError(e);
    }
  }

  // send asks the lab for one act. An error says what the lab answered.
  async send(act) {
    if (this.lab.simulate) { await this.lab.simulate(act); return; }
    const answer = await fetch(this.lab.act, {
      method: 'POST', body: JSON.stringify(act),
      headers: { 'Content-Type': 'application/json', [this.lab.header ?? 'X-Lab-Token']: this.lab.token ?? '' },
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error(said.error || `the lab answers ${answer.status}`), said);
  }

  // showError puts the cursor where a script is wrong.
  showError(e) {
    const where = e.line ? `Line ${e.line}${e.column ? `, column ${e.column}` : ''}: ` : '';
    setText(this.at('script-wrong'), where + e.message);
    setHidden(this.at('script-wrong'), false);
    if (!e.line) return;
    const area = this.at('script');
    const lines = area.value.split('\n');
    const start = lines.slice(0, e.line - 1).reduce((n, l) => n + l.length + 1, 0) + Math.max(0, (e.column ?? 1) - 1);
    const end = lines.slice(0, e.line).reduce((n, l) => n + l.length + 1, 0) - 1;
    area.focus();
    area.setSelectionRange(start, Math.max(start, end));
  }

  say(text, wrong = false) {
    setText(this.at('said'), text);
    setAttribute(this.at('said'), 'data-wrong', wrong ? '' : null);
  }
}
