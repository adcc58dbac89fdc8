// Runs a simulation for the page: {id, act} in, {id, wrong} and {events} out. Its
// time is kept to the wall clock's, but a script runs as fast as it can.
importScripts('wasm_exec.js', 'files.js');

const every = 50;   // ms from batch to batch
const share = 40;   // ms of them that a script may take
const longest = 2;  // s of time that are caught up with after a halt; more is left out

const ready = begin();
ready.catch((e) => postMessage({ broken: `the simulation cannot be loaded: ${e.message}` }));

async function begin() {
  const answer = await fetch('sim.wasm');
  if (!answer.ok) throw new Error(`sim.wasm: ${answer.status} ${answer.statusText}`);
  const go = new Go();
  // Not streaming: that asks a server for the right content type.
  const { instance } = await WebAssembly.instantiate(await answer.arrayBuffer(), go.importObject);
  const ended = () => postMessage({ broken: 'the simulation has broken down' });
  go.run(instance).then(ended, ended);
  let last = performance.now();
  setInterval(() => {
    const now = performance.now(), passed = (now - last) / 1000;
    last = now;
    let text = '';
    const playing = simulationPlays();
    if (!playing) text = simulationAdvance(Math.min(passed, longest));
    else while (simulationPlays() && performance.now() - now < share) text += simulationAdvance(1);
    if (text) postMessage({ events: parse(text), late: !playing && passed > longest });
  }, every);
}

function parse(lines) { return JSON.parse(`[${lines.trimEnd().replaceAll('\n', ',')}]`); }

onmessage = async ({ data: { id, act } }) => {
  try {
    await ready;
  } catch {
    return; // the page has been told
  }
  const wrong = simulationAct(JSON.stringify(act));
  postMessage({ id, wrong: wrong && JSON.parse(wrong) });
};
