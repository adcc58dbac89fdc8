// Where a stream's events come from. A source calls take(events) with batches, and
// tell({state, text}) when what is known of the connection changes; state is one of
// opening, live, away, recorded, simulated, simulating, broken. A source that can be
// acted on is returned.

const batchFor = 50; // ms in which events of a live stream are gathered

export function open(stream, take, tell) {
  if (stream.element) return fromElement(stream, take, tell);
  if (stream.ndjson) return fromFile(stream, take, tell);
  if (stream.worker) return fromWorker(stream, take, tell);
  return fromServer(stream, take, tell);
}

// parseLines reads whole lines of JSON. What is no JSON is counted, not thrown.
export function parseLines(text) {
  const events = [];
  let damaged = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    try { events.push(JSON.parse(line)); } catch { damaged++; }
  }
  return { events, damaged };
}

function takeAll(text, take, tell) {
  const { events, damaged } = parseLines(text);
  const run = events[0];
  if (!events.length || run.k !== 'run') {
    tell({ state: 'broken', text: 'this is no record of a run: its first line must be of kind "run"' });
    return;
  }
  if (run.version !== 1) {
    tell({ state: 'broken', text: `this record is of version ${run.version}; this page reads version 1` });
    return;
  }
  tell({
    state: run.source === 'sim' ? 'simulated' : 'recorded',
    text: damaged ? `${damaged} of its lines could not be read` : '',
  });
  take(events);
}

async function fromElement(stream, take, tell) {
  try {
    const raw = document.getElementById(stream.element).textContent.trim();
    takeAll(stream.gzip ? await gunzip(raw) : raw, take, tell);
  } catch (e) {
    tell({ state: 'broken', text: `the record in this file cannot be read: ${e.message}` });
  }
}

async function gunzip(base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(plain).text();
}

async function fromFile(stream, take, tell) {
  tell({ state: 'opening', text: '' });
  try {
    const answer = await fetch(stream.ndjson);
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    takeAll(await answer.text(), take, tell);
  } catch (e) {
    tell({ state: 'broken', text: `${stream.ndjson}: ${e.message}` });
  }
}

function fromWorker(stream, take, tell) {
  const worker = new Worker(stream.worker);
  const asked = new Map(); // acts that are not answered yet
  let broken = null, running = false, count = 0;
  const fail = (text) => {
    broken = new Error(text);
    tell({ state: 'broken', text });
    for (const { reject } of asked.values()) reject(broken);
    asked.clear();
  };
  worker.onerror = (e) => fail(`the simulation has ended: ${e.message}`);
  worker.onmessage = ({ data }) => {
    if (data.broken) { fail(data.broken); return; }
    if (data.id !== undefined) {
      const { resolve, reject } = asked.get(data.id);
      asked.delete(data.id);
      if (data.wrong) reject(Object.assign(new Error(data.wrong.error), data.wrong)); else resolve();
      return;
    }
    if (data.late) { // its clock fell behind the page's: they are put together anew
      running = false;
      tell({ state: 'opening', text: '' });
    }
    if (!running) tell({ state: 'simulating', text: '' });
    running = true;
    take(data.events);
  };
  const act = (what) => broken ? Promise.reject(broken) : new Promise((resolve, reject) => {
    asked.set(++count, { resolve, reject });
    worker.postMessage({ id: count, act: what });
  });
  tell({ state: 'opening', text: '' });
  act({ do: 'new', ...stream.start }).catch((e) => tell({ state: 'broken', text: e.message }));
  return { act };
}

function fromServer(stream, take, tell) {
  const address = stream.sse ?? 'api/v1/events';
  let batch = [], timer = 0, source = null;
  const flush = () => {
    timer = 0;
    const events = batch;
    batch = [];
    take(events);
  };
  const away = () => tell({ state: 'away', text: '' });
  const connect = () => {
    source = new EventSource(address);
    source.onopen = () => tell({ state: 'live', text: '' });
    source.onmessage = ({ data }) => {
      let e;
      try { e = JSON.parse(data); } catch { return; }
      batch.push(e);
      if (!timer) timer = setTimeout(flush, batchFor);
    };
    source.onerror = () => {
      away();
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 1500);
    };
  };
  tell({ state: 'opening', text: '' });
  connect();
}
