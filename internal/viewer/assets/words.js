// The sentences of the page. All of them take values and return text.

export const protocols = {
  random: {
    title: 'Random',
    round: 'Each round goes to a node drawn at random.',
    heard: 'has had no message from for',
    note: 'Only a node’s own messages count, so single observers are often wrong for a while.',
  },
  rr: {
    title: 'Round Robin',
    round: 'Round r goes to the next node but r.',
    heard: 'has heard nothing new of for',
    note: 'Any newer heartbeat counts, whoever brings it.',
  },
  brr: {
    title: 'Binary Round Robin',
    round: 'Round r goes to the node 2^r places on.',
    heard: 'has heard nothing new of for',
    note: 'Any newer heartbeat counts, whoever brings it.',
  },
  scrr: {
    title: 'Sequence Check Round Robin',
    round: 'As Round Robin; each node knows whose message is due.',
    heard: 'has heard nothing new of, or whose turn was missed, for',
    note: 'A node that missed its turn is suspected at once, and comes back only by a message of its own.',
  },
};

export function protocolTitle(run) {
  return protocols[run?.protocol]?.title ?? (run?.protocol ? String(run.protocol) : 'Unknown protocol');
}

// rule says in one sentence what "failed" takes.
export function rule(run) {
  const fail = run?.fail ? setting(run.fail) : 'T_fail';
  if (run?.protocol === 'scrr') {
    return 'Failed: every observer that counts, and knows the node, suspects it. An observer suspects a node ' +
      `that it has not heard of for ${fail}, or that missed its turn.`;
  }
  const how = run?.protocol === 'random' ? 'from which it has had no message for' : 'that it has not heard of for';
  return `Failed: every observer that counts, and knows the node, suspects it. An observer suspects a node ${how} ${fail}.`;
}

// seconds is a length of time for people.
export function seconds(s) {
  if (s === null || s === undefined || !Number.isFinite(s)) return 'unknown';
  const size = Math.abs(s);
  if (size >= 119.95) {
    const whole = Math.round(size);
    return `${s < 0 ? '−' : ''}${Math.floor(whole / 60)} min ${whole % 60} s`;
  }
  if (size > 0 && size < 0.0995) return `${minus((s * 1000).toFixed(0))} ms`;
  return `${tenths(s)} s`;
}

// setting is a length of time that somebody has set, as it was set.
export function setting(s) { return Number.isFinite(s) ? `${Math.round(s * 1000) / 1000} s` : 'unknown'; }

export function tenths(s) { return minus(s.toFixed(1)); }
function minus(text) { return /^-0(\.0+)?$/.test(text) ? text.slice(1) : text.replace('-', '−'); }

export function instant(t) { return `${t.toFixed(t < 1000 ? 2 : 1)} s`; }

export function counted(n, one, many = `${one}s`) { return `${n.toLocaleString('en')} ${n === 1 ? one : many}`; }

export function listed(names, most = 6) {
  if (names.length <= 1) return names.join('');
  if (names.length > most) return `${names.slice(0, most - 1).join(', ')} and ${names.length - most + 1} more`;
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

// condition is a node's in one or two words.
export function condition(state, i) {
  if (state.failed[i]) return 'failed';
  return state.count[i] > 0 ? 'suspected' : 'alive';
}

// truth is what was done to a node, empty if it runs or nobody told.
export function truth(state, i) {
  const words = [];
  if (state.fate[i] === 1) words.push('killed');
  if (state.fate[i] === 2) words.push('paused');
  if (state.cut[i]) words.push('cut off');
  return words.join(', ');
}

// dueAt is when an observer will suspect a node of which it hears nothing more.
export function dueAt(state, by, of) {
  const at = state.heardAt(by, of);
  return at === null || !state.run?.fail ? null : at + state.run.fail;
}

// pair says what one observer knows of one node: the sentence of a matrix cell.
export function pair(history, state, by, of, t) {
  const a = state.name(by), b = state.name(of);
  if (by === of) return `${a} itself`;
  const suspects = state.suspects(by, of) || state.ownOpinion(by, of);
  const at = state.heardAt(by, of);
  const parts = [];
  if (at === null) {
    const since = suspects ? `${a} suspects ${b} since ${instant(state.suspectsSince(by, of))}` :
      `${a} does not suspect ${b}`;
    parts.push(state.run?.messages ? `${a} has not heard of ${b}` + (suspects ? ' and suspects it' : '') : since);
  } else {
    const age = Math.max(0, t - at);
    const heard = `${a} heard of ${b} ${seconds(age)} ago, ${through(history, state, by, of)}`;
    const dueTime = dueAt(state, by, of);
    const due = dueTime === null ? null : dueTime - t;
    if (due === null) parts.push(heard);
    else if (suspects) parts.push(`${heard}; it suspects it since ${instant(state.suspectsSince(by, of))}`);
    else if (due > 0) parts.push(`${heard}; it would suspect it in ${seconds(due)}`);
    else parts.push(`${heard}; it suspects it at its next look`);
  }
  if (!state.voice[by]) parts.push('its opinion does not count now');
  return parts.join('; ');
}

// through says from whom the news was that an observer has of a node.
export function through(history, state, by, of) {
  const e = history.event(state.heardBy(by, of));
  if (!e) return 'before the record begins';
  if (e.via === of) return 'from itself';
  if (e.via === by) return 'when it joined';
  return `through ${state.name(e.via)}`;
}

const kinds = { gossip: 'gossip', syn: 'handshake (syn)', ack: 'handshake (ack)', ack2: 'handshake (ack2)' };
const outcomes = {
  ok: 'arrived', refused: 'was refused', timeout: 'was not answered', fault: 'was answered by a fault',
};

// describe is one event as a sentence.
export function describe(e, state) {
  const name = (i) => state.name(i);
  switch (e.k) {
    case 'run': return 'the run begins';
    case 'node': return `${e.name} becomes known`;
    case 'gone': return `${name(e.node)} is forgotten`;
    case 'start': return `${e.who} starts${e.life > 1 ? `, its life no. ${e.life}` : ''}`;
    case 'act': return describeAct(e, name);
    case 'send': return `${name(e.from)} → ${name(e.to)}: ${kinds[e.m] ?? e.m}`;
    case 'end': {
      const call = state.calls.get(e.id);
      return call ? `${name(call.from)} → ${name(call.to)}: ${kinds[call.m] ?? call.m} ${outcomes[e.how] ?? e.how}` :
        `a call ${outcomes[e.how] ?? e.how}`;
    }
    case 'heard': {
      const renewed = e.of.filter((_, x) => !e.renewed || e.renewed[x]).map(name);
      const of = renewed.length ? listed(renewed) : 'nobody anew';
      return `${name(e.node)} heard of ${of}${e.via === e.node ? '' : ` from ${name(e.via)}`}`;
    }
    case 'opinion':
      return e.suspect ? `${name(e.node)} suspects ${name(e.of)}${why(e.why)}` :
        `${name(e.node)} no longer suspects ${name(e.of)}`;
    case 'beat': return `heartbeat of ${name(e.node)} reaches the monitor`;
    case 'cell':
      return `the monitor learns: ${name(e.by)} ${e.suspect ? 'suspects' : 'no longer suspects'} ${name(e.of)}`;
    case 'row': return `the monitor’s row of ${name(e.by)} begins anew`;
    case 'voice': return `the opinion of ${name(e.node)} ${e.eligible ? 'counts' : 'no longer counts'}`;
    case 'verdict':
      if (e.failed) return `verdict: ${name(e.node)} failed, as ${counted(e.by?.length ?? 0, 'observer')} agree`;
      return `verdict: ${name(e.node)} lives` + (e.false ? ' (the verdict before was wrong)' : '');
    case 'deaf':
      return e.text ? `the monitor is ${e.text}: it declares nobody failed` : 'the monitor hears enough again';
    case 'away': return e.text ? `the monitor is away: ${e.text}` : 'the monitor answers again';
    case 'case': return describeCase(e);
    case 'log': return `${e.who}: ${e.text}`;
    case 'end-of-run': return `the run ends${e.verdict ? `: ${e.verdict}` : ''}${e.text ? ` (${e.text})` : ''}`;
    default: return String(e.k);
  }
}

function why(reason) {
  if (reason === 'silent') return ': silent for T_fail';
  if (reason === 'slot' || reason === 'missed slot') return ': it missed its turn';
  return reason ? `: ${reason}` : '';
}

function describeAct(e, name) {
  const who = e.nodes?.length ? listed(e.nodes.map(name)) : e.text ?? '';
  switch (e.what) {
    case 'kill': return `${who} is killed`;
    case 'interrupt': return `Ctrl-C at ${who}`;
    case 'restart': case 'start': return `${who} is started again`;
    case 'pause': return `${who} is paused`;
    case 'resume': return `${who} goes on`;
    case 'partition': return `${who} is cut off`;
    case 'cut': return `what ${(e.text ?? '').replace(' ', ' sends to ')} is lost`;
    case 'heal': return 'the network is whole again';
    case 'loss': return `loss of ${e.text}`;
    case 'add': return 'one more node is started';
    case 'menu': return `menu: ${e.text}`;
    case 'mark': return e.text;
    default: return `${e.what} ${who}`.trim();
  }
}

function describeCase(e) {
  const result = e.result;
  switch (e.what) {
    case 'begin': return `case ${e.n} begins`;
    case 'cancel': return `case ${e.n} is cancelled`;
    case 'end': return `case ${e.n} ends after ${seconds(result?.seconds)}`;
    default: return `case ${e.n}: ${e.waiting ?? e.what}`;
  }
}
