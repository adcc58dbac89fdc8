import { counted, dueAt, instant, listed, seconds, through } from './words.js';

const longestChain = 12;

// chain follows the news that an observer has of a node back to the node itself:
// [{node, via, at, beat}], the observer first. `whole` tells whether it got there.
export function chain(history, state, by, of) {
  const links = [];
  let number = state.heardBy(by, of);
  const seen = new Set();
  while (number >= 0 && links.length < longestChain) {
    const e = history.event(number);
    if (!e || seen.has(number)) break;
    seen.add(number);
    const place = e.of.indexOf(of);
    const beat = e.beat?.[place] ?? null;
    links.push({ node: e.node, via: e.via, at: e.t, beat });
    if (e.via === of || e.via === e.node) return { links, whole: e.via === of };
    number = earlier(history, e.via, of, beat, number);
  }
  return { links, whole: false };
}

// earlier is the event by which `node` had the heartbeat that it passed on.
function earlier(history, node, of, beat, before) {
  const numbers = history.chronicle.heard[node] ?? [];
  let low = 0, high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle] < before) low = middle + 1; else high = middle;
  }
  for (let x = low - 1; x >= 0 && x > low - 400; x--) {
    const e = history.event(numbers[x]);
    if (!e) return -1;
    const place = e.of.indexOf(of);
    if (place < 0 || (e.renewed && !e.renewed[place])) continue;
    if (beat === null || e.beat?.[place] === beat) return numbers[x];
    if (e.beat?.[place] < beat) return -1;
  }
  return -1;
}

// told is a chain as a sentence, from the node to the observer.
export function told(state, of, { links, whole }) {
  if (!links.length) return '';
  const steps = links.toReversed();
  const beat = links[0].beat;
  const what = beat === null ? 'its word' : `its heartbeat no. ${beat}`;
  const parts = steps.map((l) => `${state.name(l.node)} at ${instant(l.at)}`);
  return `${what}: ${whole ? `${state.name(of)} → ` : '… → '}${parts.join(' → ')}`;
}

// explain is what the panel says of a node: {head, parts: [{title, lines: [{key, text, detail, node}]}]}.
export function explain(history, state, i, t) {
  const name = state.name(i);
  const parts = [];
  const missing = state.missing(i);
  const of = state.voters(i);
  const head = headline(state, i, t, of);

  if (state.failed[i]) parts.push(verdictPart(history, state, i));
  else if (state.run?.messages) parts.push(missingPart(history, state, i, missing, t));
  else if (missing.length && state.count[i]) {
    parts.push({
      title: 'What is missing', lines: [{
        key: 'missing', text: `${listed(missing.map((o) => state.name(o)), 10)} do not suspect it yet`,
      }],
    });
  }
  const suspecting = state.order.filter((o) => o !== i && state.suspects(o, i));
  if (suspecting.length && !state.failed[i]) {
    const muted = suspecting.filter((o) => !state.voice[o]);
    parts.push({
      title: `Suspect ${name}`, lines: [{
        key: 'suspecting', text: listed(suspecting.map((o) => state.name(o)), 12) +
          (muted.length ? ` (of these ${listed(muted.map((o) => state.name(o)), 4)} ` +
          `${muted.length === 1 ? 'does' : 'do'} not count now)` : ''),
      }],
    });
  }
  const views = state.order.filter((o) => o !== i && state.suspects(i, o));
  if (views.length) {
    const text = listed(views.map((o) => state.name(o)), 12);
    parts.push({ title: `${name} itself suspects`, lines: [{ key: 'views', text }] });
  }
  return { head, parts };
}

function headline(state, i, t, of) {
  const beat = state.beatAt[i];
  const last = beat === null ? 'no heartbeat has reached the monitor' :
    `last heartbeat at the monitor ${seconds(Math.max(0, t - beat))} ago`;
  if (state.failed[i]) return `Declared failed at ${instant(state.verdictAt[i])}; ${last}.`;
  if (of === 0) return `Nobody’s opinion on it counts yet; ${last}.`;
  if (!state.count[i]) return `None of ${counted(of, 'observer')} suspects it; ${last}.`;
  const lack = of - state.count[i];
  const need = lack === 0 ? 'all agree; the monitor waits until it is sure' :
    lack === 1 ? 'one more would make the verdict' : `${lack} more would make the verdict`;
  return `Suspected by ${state.count[i]} of ${of}: ${need}; ${last}.`;
}

function missingPart(history, state, i, missing, t) {
  const due = (o) => dueAt(state, o, i) ?? -Infinity;
  const sorted = missing.slice().sort((a, b) => due(a) - due(b) || a - b);
  const lines = sorted.slice(0, 40).map((o) => {
    const at = state.heardAt(o, i);
    if (at === null) {
      const text = `${state.name(o)} has not heard of it: it is not waited for while half of the others know it`;
      return { key: o, node: o, text };
    }
    const left = due(o) - t;
    const then = !state.run.fail ? 'does not suspect it yet' :
      left > 0 ? `would suspect it in ${seconds(left)}` : 'suspects it at its next look';
    const heard = `${state.name(o)} heard of it ${seconds(Math.max(0, t - at))} ago`;
    return {
      key: o, node: o,
      text: `${heard}, ${through(history, state, o, i)}; ${then}`,
      detail: told(state, i, chain(history, state, o, i)),
      share: Math.min(1, Math.max(0, (t - at) / (state.run.fail || 1))),
    };
  });
  if (sorted.length > lines.length) {
    lines.push({ key: 'more', text: `and ${sorted.length - lines.length} more, who heard of it later` });
  }
  return { title: state.count[i] ? 'Who holds the verdict up' : 'What keeps it alive', lines };
}

function verdictPart(history, state, i) {
  const at = state.verdictAt[i];
  const lines = [];
  const death = history.chronicle.deaths.findLast((d) => d.node === i && d.verdict === at);
  if (death) {
    const from = death.known ? 'death' : 'its last heartbeat';
    const steps = [];
    if (death.first !== null) steps.push(`first suspicion ${seconds(death.first - death.at)} after ${from}`);
    if (death.last !== null && death.first !== null) steps.push(`last one ${seconds(death.last - death.first)} later`);
    steps.push(`verdict ${seconds(at - (death.last ?? death.at))} after ${death.last !== null ? 'that' : from}`);
    lines.push({ key: 'times', text: steps.join(', ') });
  }
  const observers = state.order.filter((o) => o !== i && state.suspects(o, i));
  const last = observers.reduce((best, o) =>
    best < 0 || state.suspectsSince(o, i) > state.suspectsSince(best, i) ? o : best, -1);
  if (last >= 0) {
    const heard = state.heardAt(last, i);
    const news = heard === null ? '' :
      `, as it had heard of it at ${instant(heard)}, ${through(history, state, last, i)}`;
    lines.push({
      key: `last${last}`, node: last, text: `${state.name(last)} was the last to suspect it, at ` +
        `${instant(state.suspectsSince(last, i))}${news}`,
      detail: told(state, i, chain(history, state, last, i)),
    });
  }
  let word = null;
  for (const o of observers) {
    const e = history.event(state.heardBy(o, i));
    const beat = e?.beat?.[e.of.indexOf(i)];
    if (beat !== undefined && (!word || beat > word.beat || (beat === word.beat && e.t < word.at))) {
      word = { beat, at: e.t, by: o };
    }
  }
  if (word) {
    const holders = observers.filter((o) => {
      const e = history.event(state.heardBy(o, i));
      return e?.beat?.[e.of.indexOf(i)] === word.beat;
    });
    lines.push({
      key: 'word', text: `its last word was heartbeat no. ${word.beat}; ${state.name(word.by)} ` +
        `had it first of those that heard it, at ${instant(word.at)}; ` +
        `${counted(holders.length, 'observer')} got it in the end`,
    });
  }
  return { title: 'What made the verdict', lines };
}
