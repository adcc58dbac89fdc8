import { colours } from './colours.js';
import { Surface } from './surface.js';
import { describe, instant, seconds } from './words.js';

const marksHeight = 34; // of the strip of marks at the top, at normal type
const axisHeight = 20;

// Timeline draws the whole run: a lane a node with its heartbeats, silence, the share
// that suspects it and its verdicts; marks for what was done; and, under a node that
// fell, brackets that measure from its death to its verdict.
export class Timeline {
  // span is the shown part of time, which timelines of two runs share; to is null
  // for all there is.
  constructor(canvas, overlay, span, dirty) {
    this.surface = new Surface(canvas, dirty);
    this.overlay = new Surface(overlay, dirty);
    this.span = span;
    this.scroll = 0;
    this.everyone = false;
  }

  // rows are the lanes, and where they are. Of many nodes only those are shown that
  // something happened to.
  rows(history, state, chosen) {
    const scale = this.letter / 11;
    const high = Math.round((state.n <= 12 ? 20 : state.n <= 40 ? 16 : 14) * scale);
    const chronicle = history.chronicle;
    const fell = new Map();
    for (const d of chronicle.deaths) fell.set(d.node, (fell.get(d.node) ?? []).concat(d));
    let nodes = state.order;
    if (nodes.length > 40 && !this.everyone) {
      const told = nodes.filter((i) => fell.has(i) || chosen.includes(i) || chronicle.lanes[i]?.verdicts.length);
      const rest = nodes.filter((i) => !told.includes(i))
        .sort((a, b) => this.worst(chronicle, b) - this.worst(chronicle, a)).slice(0, Math.max(0, 24 - told.length));
      const kept = new Set([...told, ...rest]);
      nodes = nodes.filter((i) => kept.has(i));
    }
    if (nodes.length > 12) {
      nodes = nodes.slice().sort((a, b) => fell.has(b) + chosen.includes(b) - fell.has(a) - chosen.includes(a));
    }
    let y = 0;
    const rows = nodes.map((i) => {
      const deaths = fell.get(i) ?? [];
      const row = { node: i, y, lane: high, high: high + (deaths.length ? Math.round(19 * scale) : 0), deaths };
      y += row.high;
      return row;
    });
    this.total = y;
    this.shown = nodes.length;
    return rows;
  }

  worst(chronicle, i) {
    let worst = 0;
    for (const s of chronicle.lanes[i]?.share ?? []) if (s > worst) worst = s;
    return worst;
  }

  window(start, finish) {
    const to = this.span.to ?? Math.max(finish, start + 1);
    return { from: this.span.to === null ? start : this.span.from, to };
  }

  lay(start, finish, state) {
    const k = colours();
    this.letter = 11 * Math.min(1.5, k.size / 16);
    const longest = state.order.reduce((m, i) => Math.max(m, state.name(i).length), 5);
    const x = Math.min(this.surface.width * 0.25, 12 + Math.min(longest, 14) * this.letter * 0.6);
    const right = 12;
    const { from, to } = this.window(start, finish);
    const top = Math.round(marksHeight * this.letter / 11);
    const bottom = Math.round(axisHeight * this.letter / 11);
    const { width, height } = this.surface;
    this.layout = { x, width: Math.max(10, width - x - right), from, to, top, bottom, height };
    return this.layout;
  }

  // need is how high the canvas wants to be.
  need() { return (this.layout?.top ?? marksHeight) + (this.layout?.bottom ?? axisHeight) + (this.total ?? 0) + 4; }

  xOf(t) {
    const l = this.layout;
    return l.x + (t - l.from) / (l.to - l.from) * l.width;
  }

  timeAt(x) {
    const l = this.layout;
    return l.from + (x - l.x) / l.width * (l.to - l.from);
  }

  nodeAt(y) {
    const l = this.layout;
    if (!l || y < l.top || y > l.height - l.bottom) return -1;
    const at = y - l.top + this.scroll;
    return this.lanes?.find((r) => at >= r.y && at < r.y + r.high)?.node ?? -1;
  }

  zoom(factor, t, start, finish) {
    const { from, to } = this.window(start, finish);
    const whole = Math.max(1, finish - start);
    const length = Math.min(whole, Math.max(0.05, (to - from) * factor));
    if (length >= whole) { this.span.to = null; return; }
    const share = (t - from) / (to - from);
    this.span.from = Math.min(Math.max(start, t - share * length), finish - length);
    this.span.to = this.span.from + length;
  }

  shift(seconds, start, finish) {
    if (this.span.to === null) return;
    const length = this.span.to - this.span.from;
    this.span.from = Math.min(Math.max(start, this.span.from + seconds), Math.max(start, finish - length));
    this.span.to = this.span.from + length;
  }

  // follow keeps an instant in view.
  follow(t, finish) {
    if (this.span.to === null || (t >= this.span.from && t <= this.span.to)) return false;
    const length = this.span.to - this.span.from;
    this.span.from = Math.max(0, Math.min(t - length * 0.1, Math.max(finish, t) - length));
    if (t > this.span.from + length) this.span.from = t - length;
    this.span.to = this.span.from + length;
    return true;
  }

  draw({ history, state, chosen, start, finish }) {
    const c = this.surface.begin();
    const k = colours();
    if (!state.n) return;
    const l = this.lay(start, finish, state);
    this.lanes = this.rows(history, state, chosen);
    const room = l.height - l.top - l.bottom;
    this.scroll = Math.max(0, Math.min(this.scroll, this.total - room));
    c.font = `${this.letter}px ${k.font}`;
    c.textBaseline = 'middle';
    c.save();
    c.beginPath();
    c.rect(0, l.top, this.surface.width, room);
    c.clip();
    for (const row of this.lanes) {
      const y = l.top + row.y - this.scroll;
      if (y + row.high < l.top || y > l.top + room) continue;
      this.drawLane(c, k, l, history, state, row, y, chosen, finish);
    }
    c.restore();
    this.drawMarks(c, k, l, history, room);
    this.drawAxis(c, k, l);
  }

  drawLane(c, k, l, history, state, row, y, chosen, finish) {
    const lane = history.chronicle.lanes[row.node];
    const middle = y + row.lane / 2, bottom = y + row.lane - 2, tall = row.lane - 5;
    c.textAlign = 'right';
    c.fillStyle = chosen.includes(row.node) ? k.select : row.deaths.length ? k.ink : k.soft;
    c.font = `${chosen.includes(row.node) || row.deaths.length ? '600 ' : ''}${this.letter}px ${k.font}`;
    c.fillText(state.name(row.node), l.x - 7, middle, l.x - 8);
    c.fillStyle = k.line;
    c.fillRect(l.x, bottom, l.width, 1);
    if (!lane) return;
    c.save();
    c.beginPath();
    c.rect(l.x, y, l.width, row.high);
    c.clip();
    for (const f of lane.fates) {
      const a = this.xOf(f.from), b = this.xOf(f.to ?? finish);
      hatch(c, a, y + 2, b - a, row.lane - 4, k.soft);
    }
    this.drawShare(c, k, l, lane, bottom, tall, finish);
    for (const v of lane.verdicts) {
      const a = this.xOf(v.from), b = this.xOf(v.to ?? finish);
      c.fillStyle = k.failed;
      c.fillRect(a, y + 2, Math.max(2, b - a), row.lane - 4);
      c.fillStyle = k.panel;
      c.font = `600 ${Math.min(this.letter, row.lane - 5)}px ${k.font}`;
      c.textAlign = 'left';
      if (b - a > 44) c.fillText('failed', Math.max(a, l.x) + 5, middle);
    }
    this.drawBeats(c, k, l, lane, bottom, tall);
    c.restore();
    for (const death of row.deaths) this.drawBracket(c, k, l, death, y + row.lane, row.high - row.lane, finish);
  }

  drawBeats(c, k, l, lane, bottom, tall) {
    const high = Math.max(3, tall * 0.38);
    c.fillStyle = k.alive;
    let last = -Infinity;
    for (let b = firstAfter(lane.beats, l.from); b < lane.beats.length && lane.beats[b] <= l.to; b++) {
      const x = Math.round(this.xOf(lane.beats[b]));
      if (x - last < 2) continue; // dense ones are a texture, not a count
      c.fillRect(x, bottom - high, 1, high);
      last = x;
    }
  }

  drawShare(c, k, l, lane, bottom, tall, finish) {
    if (!lane.share.length) return;
    c.fillStyle = k.suspect;
    // Most suspect it: strong. A few: pale.
    for (const [low, high, strength] of [[0, 0.5, 0.5], [0.5, Infinity, 0.9]]) {
      c.globalAlpha = strength;
      c.beginPath();
      this.pathShare(c, l, lane, bottom, tall, finish, (s) => s > low && s <= high);
      c.fill();
    }
    c.globalAlpha = 1;
  }

  pathShare(c, l, { shareAt, share }, bottom, tall, finish, wanted) {
    for (let s = Math.max(0, firstAfter(shareAt, l.from) - 1); s < shareAt.length && shareAt[s] <= l.to; s++) {
      if (!wanted(share[s])) continue;
      const a = this.xOf(shareAt[s]), b = this.xOf(shareAt[s + 1] ?? finish);
      const high = Math.max(1.5, tall * share[s]);
      c.rect(a, bottom - high, Math.max(0.7, b - a), high);
    }
  }

  drawBracket(c, k, l, death, y, high, finish) {
    const stops = [[death.at, death.known ? 'death' : 'last heartbeat'], [death.first, 'first suspicion'],
      [death.last, 'last suspicion'], [death.verdict, 'verdict']].filter(([t]) => t !== null);
    const line = y + 3.5;
    c.save();
    c.beginPath();
    c.rect(l.x, y - 2, l.width, high + 2);
    c.clip();
    c.strokeStyle = c.fillStyle = k.ink;
    c.lineWidth = 1;
    c.textAlign = 'center';
    c.font = `${this.letter}px ${k.font}`;
    stops.forEach(([t, word], s) => {
      const x = this.xOf(t);
      c.beginPath();
      c.moveTo(x, y);
      c.lineTo(x, line + 4);
      c.stroke();
      const next = stops[s + 1];
      if (!next) {
        const open = death.verdict === null && death.end === null;
        if (open) c.fillText('…', Math.min(this.xOf(finish), l.x + l.width) + 6, line);
        return;
      }
      const x2 = this.xOf(next[0]);
      c.beginPath();
      c.moveTo(x, line);
      c.lineTo(x2, line);
      c.stroke();
      const full = `${seconds(next[0] - t)} to ${next[1]}`, brief = seconds(next[0] - t);
      const room = x2 - x - 6;
      const text = c.measureText(full).width < room ? full : c.measureText(brief).width < room ? brief : '';
      if (text) c.fillText(text, (Math.max(x, l.x) + Math.min(x2, l.x + l.width)) / 2, line + this.letter * 0.75);
      if (s === 0 && c.measureText(word).width < x - l.x && room > 0) {
        c.textAlign = 'right';
        c.fillText(word, x - 4, line + this.letter * 0.4);
        c.textAlign = 'center';
      }
    });
    c.restore();
  }

  drawMarks(c, k, l, history, room) {
    c.save();
    c.beginPath();
    c.rect(l.x, 0, l.width + 12, l.top + room);
    c.clip();
    for (const d of history.chronicle.deafness) {
      c.fillStyle = k.suspect;
      c.globalAlpha = 0.14;
      c.fillRect(this.xOf(d.from), l.top, this.xOf(d.to ?? l.to) - this.xOf(d.from), room);
      c.globalAlpha = 1;
    }
    for (const d of history.chronicle.cases) {
      const a = this.xOf(d.from), b = this.xOf(d.to ?? l.to);
      c.fillStyle = k.select;
      c.fillRect(a, l.top - 4, Math.max(2, b - a), 3);
    }
    let free = [-Infinity, -Infinity];
    const half = (l.top - 5) / 2;
    for (const e of history.chronicle.entries) {
      if (!['act', 'case', 'verdict', 'deaf', 'end'].includes(e.kind)) continue;
      if (e.t < l.from || e.t > l.to) continue;
      const x = this.xOf(e.t);
      const colour = e.kind === 'verdict' && e.event.failed ? k.failed : e.kind === 'case' ? k.select : k.ink;
      c.strokeStyle = c.fillStyle = colour;
      c.globalAlpha = 0.45;
      c.lineWidth = 1;
      c.beginPath();
      c.moveTo(Math.round(x) + 0.5, l.top - 4);
      c.lineTo(Math.round(x) + 0.5, l.top + room);
      c.stroke();
      c.globalAlpha = 1;
      const text = brief(e, history.head);
      c.textAlign = 'left';
      c.font = `${this.letter}px ${k.font}`;
      const wide = c.measureText(text).width;
      const flip = x + wide + 4 > l.x + l.width + 10;
      const begin = flip ? x - wide - 3 : x + 3;
      const row = free.findIndex((f) => f < begin);
      if (row < 0) continue;
      free[row] = begin + wide + 10;
      c.fillText(text, begin, half * (row + 0.5));
      c.fillRect(Math.round(x), half * row, 1, l.top - 4 - half * row);
    }
    c.restore();
  }

  drawAxis(c, k, l) {
    const y = l.height - l.bottom;
    const step = tick((l.to - l.from) / Math.max(2, l.width / 90));
    c.strokeStyle = k.line;
    c.fillStyle = k.soft;
    c.font = `${this.letter}px ${k.font}`;
    c.textAlign = 'center';
    c.lineWidth = 1;
    c.beginPath();
    for (let t = Math.ceil(l.from / step) * step; t <= l.to + 1e-9; t += step) {
      const x = this.xOf(t);
      c.moveTo(x, y);
      c.lineTo(x, y + 4);
      const text = step < 1 ? t.toFixed(step < 0.1 ? 2 : 1) : String(Math.round(t));
      c.fillText(`${text} s`, x, y + l.bottom / 2 + 3);
    }
    c.moveTo(l.x, y);
    c.lineTo(l.x + l.width, y);
    c.stroke();
  }

  drawPlayhead(t, hover) {
    const c = this.overlay.begin();
    const l = this.layout;
    if (!l) return;
    const k = colours();
    const line = (at, colour, alpha, wide) => {
      const x = this.xOf(at);
      if (x < l.x - 1 || x > l.x + l.width + 1) return;
      c.globalAlpha = alpha;
      c.fillStyle = colour;
      c.fillRect(Math.round(x) - wide / 2, 0, wide, l.height - l.bottom);
      c.globalAlpha = 1;
      if (alpha < 1) return;
      const text = instant(at);
      c.font = `600 ${this.letter}px ${k.font}`;
      const half = c.measureText(text).width / 2 + 5;
      const middle = Math.min(Math.max(x, l.x + half - 8), l.x + l.width + 10 - half);
      c.beginPath();
      c.roundRect(middle - half, l.height - l.bottom + 1, 2 * half, l.bottom - 2, 4);
      c.fill();
      c.fillStyle = k.panel;
      c.textAlign = 'center';
      c.textBaseline = 'middle';
      c.fillText(text, middle, l.height - l.bottom / 2 + 0.5);
    };
    if (hover !== null) line(hover, k.soft, 0.5, 1);
    line(t, k.select, 1, 2);
  }
}

function brief(entry, state) {
  const e = entry.event;
  if (entry.kind === 'verdict') return e.failed ? `${state.name(e.node)} failed` : `${state.name(e.node)} lives`;
  if (entry.kind === 'deaf') return e.text ? 'deaf' : 'hears again';
  if (entry.kind === 'end') return e.verdict ? `end: ${e.verdict}` : 'end';
  const text = describe(e, state);
  return text.length > 34 ? `${text.slice(0, 33)}…` : text;
}

function hatch(c, x, y, w, h, colour) {
  if (w <= 0) return;
  c.save();
  c.beginPath();
  c.rect(x, y, w, h);
  c.clip();
  c.strokeStyle = colour;
  c.globalAlpha = 0.35;
  c.lineWidth = 1;
  c.beginPath();
  for (let s = x - h; s < x + w; s += 6) {
    c.moveTo(s, y + h);
    c.lineTo(s + h, y);
  }
  c.stroke();
  c.restore();
}

function firstAfter(sorted, t) {
  let low = 0, high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < t) low = middle + 1; else high = middle;
  }
  return low;
}

function tick(wanted) {
  const power = 10 ** Math.floor(Math.log10(wanted));
  return power * ([1, 2, 5].find((m) => m * power >= wanted) ?? 10);
}
