// The part of the page's address after #, in which a moment can be linked to:
// #protocol=rr&nodes=8&seed=7&t=21.4&node=6&speed=2. What makes no sense in it is
// said, and otherwise left alone.

const number = (low, high, whole) => (text) => {
  const n = Number(text);
  if (text.trim() === '' || !Number.isFinite(n) || n < low || n > high || (whole && !Number.isInteger(n))) {
    return { wrong: `want a ${whole ? 'whole ' : ''}number from ${low} to ${high.toLocaleString('en')}` };
  }
  return { value: n };
};
const oneOf = (...words) => (text) =>
  words.includes(text) ? { value: text } : { wrong: `want ${words.slice(0, -1).join(', ')} or ${words.at(-1)}` };

const fields = {
  protocol: oneOf('random', 'rr', 'brr', 'scrr'),
  nodes: number(1, 16384, true),
  seed: (text) => /^\d{1,20}$/.test(text) ? { value: text } : { wrong: 'want a whole number' },
  t: number(0, 1e9, false),
  node: number(1, 16384, true),
  speed: number(0.1, 50, false),
  theme: oneOf('light', 'dark'),
  type: oneOf('normal', 'large'),
  script: (text) => /^[\w-]{1,60}$/.test(text) ? { value: text } : { wrong: 'want the name of a script of the lab’s list' },
};

// read returns {values, complaints}.
export function read(hash) {
  const values = {}, complaints = [];
  for (const part of hash.replace(/^#/, '').split('&').filter(Boolean)) {
    const [rawKey, ...rest] = part.split('=');
    const key = decode(rawKey), text = decode(rest.join('='));
    if (!Object.hasOwn(fields, key)) {
      complaints.push(`“${key}” means nothing here; known are ${Object.keys(fields).join(', ')}`);
      continue;
    }
    const got = fields[key](text);
    if (got.wrong) complaints.push(`${key} is “${text}”: ${got.wrong}`);
    else values[key] = got.value;
  }
  return { values, complaints };
}

function decode(text) {
  try { return decodeURIComponent(text); } catch { return text; }
}

export function write(values) {
  return '#' + Object.keys(fields).filter((k) => values[k] !== undefined && values[k] !== null && values[k] !== '')
    .map((k) => `${k}=${encodeURIComponent(values[k])}`).join('&');
}

// disagreements says where a link is of another run than the one that is shown.
export function disagreements(values, state) {
  const out = [];
  const run = state.run;
  if (!run) return out;
  if (values.protocol && run.protocol && values.protocol !== run.protocol) {
    out.push(`the link is of ${values.protocol}, this run is of ${run.protocol}`);
  }
  if (values.nodes && state.n && values.nodes !== state.n) {
    out.push(`the link is of ${values.nodes} nodes, this run has ${state.n}`);
  }
  if (values.seed && run.seed && values.seed !== String(run.seed)) {
    out.push(`the link is of seed ${values.seed}, this run is of ${run.seed}`);
  }
  if (values.node && values.node > state.n) out.push(`there is no node ${values.node}: this run has ${state.n}`);
  return out;
}
