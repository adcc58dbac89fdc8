// Colours of the canvases are those of the style sheet.
const names = [
  'ground', 'panel', 'ink', 'soft', 'line', 'faint', 'alive', 'suspect', 'failed', 'gossip', 'shake', 'select', 'hold',
];
let known = null;
const watchers = new Set();

export function colours() {
  if (!known) {
    const style = getComputedStyle(document.documentElement);
    known = Object.fromEntries(names.map((n) => [n, style.getPropertyValue(`--${n}`).trim()]));
    known.font = style.getPropertyValue('--canvas-font').trim() || 'sans-serif';
    known.size = parseFloat(style.fontSize) || 16;
    known.version = (colours.version = (colours.version ?? 0) + 1);
  }
  return known;
}

// rgb is a colour of the style sheet (#rrggbb) as three numbers.
export function rgb(colour) {
  const n = parseInt(colour.slice(1), 16);
  return [n >> 16 & 255, n >> 8 & 255, n & 255];
}

export function changed() {
  known = null;
  for (const w of watchers) w();
}

export function watch(f) { watchers.add(f); }

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', changed);
