import { tenths } from './words.js';

const columns = [
  ['case', (r) => r.case], ['title', (r) => r.title], ['began', (r) => r.began], ['protocol', (r) => r.protocol],
  ['nodes', (r) => r.nodes], ['victims', (r) => (r.victims ?? []).join(' ')], ['seconds', (r) => r.seconds],
  ['bound_s', (r) => r.settings?.bound_s], ['expected_s', (r) => r.expected_s], ['authors_s', (r) => r.authors_s],
  ['first_suspicion_s', (r) => r.first_suspicion_s], ['verdict_s', (r) => r.verdict_s],
  ['unanimous_s', (r) => r.unanimous_s], ['messages', (r) => r.messages], ['bytes', (r) => r.bytes],
  ['false_failures', (r) => r.false_failures], ['false_suspicions', (r) => r.false_suspicions],
  ['disputed', (r) => (r.disputed ?? []).length], ['deaf', (r) => r.deaf], ['seed', (r) => r.seed],
];

// toCSV is RFC 4180. A cell that a spreadsheet would take for a formula gets an
// apostrophe before it.
export function toCSV(results) {
  const cell = (v) => {
    let text = v === null || v === undefined ? '' : String(v);
    if (typeof v === 'string' && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns.map(([name]) => name), ...results.map((r) => columns.map(([, value]) => value(r)))]
    .map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

// resultRow is what the table shows of a result.
export function resultRow(r) {
  const s = (v) => v === null || v === undefined ? '–' : `${tenths(v)} s`;
  const n = (v) => v === null || v === undefined ? '–' : v.toLocaleString('en');
  return [String(r.case), n(r.nodes), s(r.seconds), s(r.expected_s ?? r.settings?.bound_s), s(r.authors_s),
    s(r.first_suspicion_s), n(r.messages), n(r.false_failures)];
}

// Past keeps the results of all clusters that the page has seen, one after the other,
// and sets beside each what the original's authors recorded.
export class Past {
  constructor(authors) {
    this.authors = authors;
    this.entries = []; // {key, run, result}, in order
  }

  get all() { return this.entries.map((e) => e.result); }

  // note takes what is new in a state.
  note({ run, results }) {
    const known = this.entries.filter((e) => e.run === run?.start).length;
    results.slice(known).forEach(({ result }, i) => {
      this.entries.push({ key: `${run.start} ${known + i}`, run: run.start, result: this.beside(run, result) });
    });
  }

  // before are the results of other clusters than the one that runs, the latest first.
  before(run) { return this.entries.filter((e) => e.run !== run?.start).reverse(); }

  // beside is a result with what the authors recorded, at the speed of its run.
  beside(run, result) {
    const protocol = result.protocol || run.protocol;
    const r = this.authors.find((a) => a.protocol === protocol && a.case === result.case && a.nodes === result.nodes);
    return { ...result, protocol, authors_s: result.authors_s ?? (r ? r.seconds / (run.speed || 1) : undefined) };
  }
}

export function download(name, type, text) {
  const a = document.createElement('a');
  a.href = URL.createObjectURL(new Blob([text], { type }));
  a.download = name;
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 10_000);
}
