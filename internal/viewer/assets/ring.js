import { colours } from './colours.js';
import { Surface } from './surface.js';

const turn = 2 * Math.PI;
const roomy = 21;  // pixels from node to node that a circle needs; else nodes are bars

// Ring draws the nodes in the protocol's order. What fills a node is the share of
// those whose opinion counts that suspect it; the outline is the verdict; the arc
// around it, or the tick inside, is what is left of T_fail since its last heartbeat.
export class Ring {
  constructor(canvas, dirty) {
    this.surface = new Surface(canvas, dirty);
  }

  // lay says where everything is.
  lay(n) {
    const { width, height } = this.surface;
    const type = Math.min(1.5, colours().size / 16);
    // Names stand outside: they need room beside the ring, and one line above it.
    const reach = Math.min(width / 2 - 62 * type, height / 2 - 16 * type);
    const outer = Math.max(50, reach);
    const bar = Math.min(26, outer * 0.11);
    const most = 27 * type;
    const bars = turn * (outer - 28) / Math.max(n, 1) < roomy;
    let dot = 0, radius = outer - bar - 10;
    if (!bars) {
      dot = Math.min(most, Math.max(6, turn * (outer - 28) / Math.max(n, 1) * 0.3), outer * 0.17);
      radius = outer - dot - 12;
    }
    const gap = turn * radius / Math.max(n, 1);
    this.layout = { x: width / 2, y: height / 2, radius, gap, bars, dot, bar, n };
    return this.layout;
  }

  angle(place) { return -Math.PI / 2 + turn * place / this.layout.n; }

  // at finds the node under a point of the canvas; -1: none.
  at(x, y, state) {
    const l = this.layout;
    if (!l || !l.n) return -1;
    const dx = x - l.x, dy = y - l.y;
    const distance = Math.hypot(dx, dy);
    const reach = l.bars ? l.bar + 26 : l.dot + 34;
    if (distance < l.radius - Math.max(20, l.dot * 1.8) || distance > l.radius + reach) return -1;
    const place = Math.round((Math.atan2(dy, dx) + Math.PI / 2 + turn) / turn * l.n) % l.n;
    if (!l.bars && Math.abs(distance - l.radius) < l.dot * 2.2) {
      const a = this.angle(place);
      if (Math.hypot(dx - l.radius * Math.cos(a), dy - l.radius * Math.sin(a)) > l.dot * 1.9 + 6) return -1;
    }
    return state.order[place] ?? -1;
  }

  // spot is where a node is, for what points at it.
  spot(i, state) {
    const l = this.layout, a = this.angle(state.order.indexOf(i));
    return { x: l.x + l.radius * Math.cos(a), y: l.y + l.radius * Math.sin(a) };
  }

  draw({ state, t, chosen, pointed, still }) {
    const c = this.surface.begin();
    const order = state.order;
    if (!order.length) return;
    const l = this.lay(order.length);
    const k = colours();
    const places = new Map(order.map((i, p) => [i, p]));
    this.drawCalls(c, k, l, state, t, places, still, chosen);
    if (l.bars) this.drawBars(c, k, l, state, t, order);
    else this.drawCircles(c, k, l, state, t, order);
    this.drawNames(c, k, l, state, order, chosen, pointed);
    for (const i of new Set([...chosen, pointed])) {
      if (places.has(i)) this.drawChosen(c, k, l, places.get(i), chosen.includes(i));
    }
  }

  drawCalls(c, k, l, state, t, places, still, chosen) {
    const gossip = state.run?.gossip || 3;
    const travel = 0.26 * gossip, linger = 0.62 * gossip;
    const inner = l.bars ? l.radius - 10 : l.radius - l.dot - 6;
    const point = (i) => {
      const a = this.angle(places.get(i));
      return [l.x + inner * Math.cos(a), l.y + inner * Math.sin(a)];
    };
    const busy = Math.max(1, l.n / 24);
    const lines = { gossip: [], shake: [], lost: [], chosen: [] };
    const marks = [];
    for (const call of state.calls.values()) {
      if (!places.has(call.from) || !places.has(call.to) || call.from === call.to) continue;
      const begun = call.at + (call.m === 'ack' ? travel * 0.9 : call.m === 'ack2' ? travel * 1.8 : 0);
      const age = t - begun;
      if (age < 0 || age > travel + linger) continue;
      const lost = call.how !== '' && call.how !== 'ok';
      const [x1, y1] = point(call.from), [x2, y2] = point(call.to);
      const bend = 0.45;
      const mx = (x1 + x2) / 2 + (l.x - (x1 + x2) / 2) * bend, my = (y1 + y2) / 2 + (l.y - (y1 + y2) / 2) * bend;
      const share = still ? 1 : Math.min(1, age / travel);
      const kind = lost ? 'lost' : chosen.includes(call.from) || chosen.includes(call.to) ? 'chosen' :
        call.m === 'gossip' ? 'gossip' : 'shake';
      const fade = age < travel ? 1 : 1 - (age - travel) / linger;
      lines[kind].push([x1, y1, mx, my, x2, y2, fade]);
      if (share < 1 || lost) {
        const u = 1 - share;
        marks.push([u * u * x1 + 2 * u * share * mx + share * share * x2,
          u * u * y1 + 2 * u * share * my + share * share * y2, lost && share === 1 ? 'lost' : call.m, fade]);
      }
    }
    // Lines of about one age are one stroke, so that 512 calls cost little.
    const stroke = (list, colour, strength, width) => {
      const steps = 4;
      for (let s = 0; s < steps; s++) {
        const some = list.filter((line) => Math.min(steps - 1, Math.floor(line[6] * steps)) === s);
        if (!some.length) continue;
        c.globalAlpha = strength * (s + 0.7) / steps;
        c.strokeStyle = colour;
        c.lineWidth = width;
        c.beginPath();
        for (const [x1, y1, mx, my, x2, y2] of some) {
          c.moveTo(x1, y1);
          c.quadraticCurveTo(mx, my, x2, y2);
        }
        c.stroke();
      }
    };
    stroke(lines.gossip, k.gossip, Math.max(0.12, 0.55 / Math.sqrt(busy)), busy > 2 ? 0.8 : 1.2);
    stroke(lines.shake, k.shake, Math.max(0.12, 0.5 / Math.sqrt(busy)), busy > 2 ? 0.8 : 1.2);
    stroke(lines.chosen, k.gossip, 0.9, 1.8);
    c.setLineDash([4, 4]);
    stroke(lines.lost, k.failed, 0.8, 1.2);
    c.setLineDash([]);
    const r = l.n > 128 ? 1.6 : l.n > 40 ? 2.2 : l.n > 16 ? 3 : 4.5;
    for (const [kind, colour] of [['gossip', k.gossip], ['syn', k.shake], ['ack', k.shake], ['ack2', k.shake]]) {
      c.globalAlpha = 1;
      c.fillStyle = colour;
      c.beginPath();
      for (const [x, y, m] of marks) {
        if (m !== kind) continue;
        if (kind === 'gossip') { c.moveTo(x + r, y); c.arc(x, y, r, 0, turn); }
        else diamond(c, x, y, r * 1.3);
      }
      c.fill();
    }
    c.strokeStyle = k.failed;
    c.lineWidth = 2;
    for (const [x, y, m, fade] of marks) {
      if (m !== 'lost') continue;
      c.globalAlpha = fade;
      cross(c, x, y, r);
    }
    c.globalAlpha = 1;
  }

  left(state, i, t) {
    const at = state.beatAt[i];
    if (at === null || !state.run?.fail) return 0;
    return Math.max(0, Math.min(1, 1 - (t - at) / state.run.fail));
  }

  drawCircles(c, k, l, state, t, order) {
    order.forEach((i, place) => {
      const a = this.angle(place);
      const x = l.x + l.radius * Math.cos(a), y = l.y + l.radius * Math.sin(a), r = l.dot;
      const share = state.share(i), failed = state.failed[i];
      c.fillStyle = k.panel;
      c.beginPath();
      c.arc(x, y, r, 0, turn);
      c.fill();
      if (share > 0) {
        c.fillStyle = failed ? k.failed : k.suspect;
        c.globalAlpha = failed ? 0.85 : 0.9;
        c.beginPath();
        const level = Math.asin(1 - 2 * share);
        c.arc(x, y, r, level, Math.PI - level);
        c.fill();
        c.globalAlpha = 1;
      }
      c.lineWidth = failed ? 3.5 : 1.75;
      c.strokeStyle = failed ? k.failed : state.beatAt[i] === null ? k.soft : k.alive;
      if (!failed && state.fate[i] === 1) c.setLineDash([3, 3]);
      c.beginPath();
      c.arc(x, y, r, 0, turn);
      c.stroke();
      c.setLineDash([]);
      if (failed) {
        c.strokeStyle = k.panel;
        c.lineWidth = 2.5;
        cross(c, x, y, r * 0.42);
      } else if (state.fate[i] === 2) pauseSign(c, x, y, r * 0.45, k.ink);
      else if (state.fate[i] === 1) {
        c.strokeStyle = k.ink;
        c.lineWidth = 1.5;
        cross(c, x, y, r * 0.36);
      }
      const left = this.left(state, i, t);
      c.lineWidth = 2.5;
      c.strokeStyle = k.line;
      c.beginPath();
      c.arc(x, y, r + 5, 0, turn);
      c.stroke();
      if (left > 0) {
        c.strokeStyle = left < 0.5 ? k.suspect : k.alive;
        c.beginPath();
        c.arc(x, y, r + 5, -Math.PI / 2, -Math.PI / 2 + turn * left);
        c.stroke();
      }
    });
  }

  drawBars(c, k, l, state, t, order) {
    const width = Math.max(1, Math.min(12, l.gap * 0.68));
    // Bars of one kind are one path, so that 1,000 nodes cost little.
    const track = new Path2D(), filled = new Path2D(), failed = new Path2D();
    const left = new Path2D(), late = new Path2D(), dead = new Path2D();
    order.forEach((i, place) => {
      const a = this.angle(place), cos = Math.cos(a), sin = Math.sin(a);
      const line = (path, from, to) => {
        path.moveTo(l.x + from * cos, l.y + from * sin);
        path.lineTo(l.x + to * cos, l.y + to * sin);
      };
      const share = state.share(i);
      line(track, l.radius, l.radius + l.bar);
      if (state.failed[i]) line(failed, l.radius, l.radius + l.bar);
      else if (share > 0) line(filled, l.radius, l.radius + Math.max(1.5, l.bar * share));
      const rest = this.left(state, i, t);
      if (rest > 0) line(rest < 0.5 ? late : left, l.radius - 2, l.radius - 2 - 7 * rest);
      if (state.fate[i] !== 0 && !state.failed[i]) line(dead, l.radius + l.bar + 1, l.radius + l.bar + 5);
    });
    c.lineWidth = width;
    for (const [path, colour] of [
      [track, k.line], [filled, k.suspect], [failed, k.failed], [left, k.alive], [late, k.suspect], [dead, k.ink],
    ]) {
      c.strokeStyle = colour;
      c.stroke(path);
    }
  }

  // drawNames writes as many names as find room, those that matter first.
  drawNames(c, k, l, state, order, chosen, pointed) {
    const type = Math.min(1.5, k.size / 16);
    const size = type * (l.n > 40 ? 11 : Math.min(15, Math.max(11, l.gap * 0.2)));
    const out = l.bars ? l.bar + 8 : l.dot + 12;
    const taken = [];
    c.textBaseline = 'middle';
    const write = (place, special) => {
      const i = order[place], name = state.name(i);
      const a = this.angle(place), cos = Math.cos(a), sin = Math.sin(a);
      c.font = `${special ? '600 ' : ''}${size}px ${k.font}`;
      const wide = Math.min(130, c.measureText(name).width);
      const align = Math.abs(cos) < 0.12 ? 0 : Math.sign(cos);
      const x = l.x + (l.radius + out) * cos + align * wide / 2;
      const y = l.y + (l.radius + out + (align ? 0 : size * 0.3)) * sin;
      const box = [x - wide / 2 - 2, y - size * 0.62, x + wide / 2 + 2, y + size * 0.62];
      if (taken.some((t) => t[0] < box[2] && box[0] < t[2] && t[1] < box[3] && box[1] < t[3])) return;
      taken.push(box);
      c.fillStyle = state.failed[i] ? k.failed : special || state.voice[i] ? k.ink : k.soft;
      c.textAlign = 'center';
      c.fillText(name, x, y, 130);
    };
    const special = (i) => state.failed[i] || state.fate[i] !== 0 || chosen.includes(i) || i === pointed;
    const first = [...chosen, pointed].map((i) => order.indexOf(i)).filter((p) => p >= 0);
    for (const place of first) write(place, true);
    for (let place = 0; place < l.n && taken.length < 64; place++) if (special(order[place])) write(place, true);
    const step = Math.max(1, 2 ** Math.ceil(Math.log2(size * 1.5 / l.gap)));
    for (let place = 0; place < l.n; place += step) if (!special(order[place])) write(place, false);
  }

  drawChosen(c, k, l, place, fixed) {
    const a = this.angle(place);
    c.strokeStyle = k.select;
    c.lineWidth = fixed ? 2.5 : 1.5;
    c.beginPath();
    if (l.bars) {
      const half = Math.max(0.012, Math.PI / l.n);
      c.arc(l.x, l.y, l.radius + l.bar + 4, a - half, a + half);
      c.arc(l.x, l.y, l.radius - 12, a + half, a - half, true);
      c.closePath();
    } else c.arc(l.x + l.radius * Math.cos(a), l.y + l.radius * Math.sin(a), l.dot + 9, 0, turn);
    c.stroke();
  }
}

function cross(c, x, y, r) {
  c.beginPath();
  c.moveTo(x - r, y - r);
  c.lineTo(x + r, y + r);
  c.moveTo(x + r, y - r);
  c.lineTo(x - r, y + r);
  c.stroke();
}

function diamond(c, x, y, r) {
  c.moveTo(x, y - r);
  c.lineTo(x + r, y);
  c.lineTo(x, y + r);
  c.lineTo(x - r, y);
  c.closePath();
}

function pauseSign(c, x, y, r, colour) {
  c.fillStyle = colour;
  c.fillRect(x - r, y - r, r * 0.7, 2 * r);
  c.fillRect(x + r * 0.3, y - r, r * 0.7, 2 * r);
}

// pattern says how far on the calls of the latest round go, empty if that cannot be told.
export function pattern(state, t) {
  const order = state.order, n = order.length;
  if (n < 2) return '';
  const places = new Map(order.map((i, p) => [i, p]));
  let round = -Infinity;
  for (const call of state.calls.values()) {
    if (call.at <= t && call.m !== 'ack' && call.m !== 'ack2' && call.round > round) round = call.round;
  }
  if (round === -Infinity) return '';
  const counts = new Map();
  let all = 0;
  for (const call of state.calls.values()) {
    if (call.round !== round || call.m === 'ack' || call.m === 'ack2') continue;
    const on = ((places.get(call.to) - places.get(call.from)) % n + n) % n;
    counts.set(on, (counts.get(on) ?? 0) + 1);
    all++;
  }
  let best = 0;
  for (const [on, c] of counts) if (c > (counts.get(best) ?? 0)) best = on;
  if (state.run?.protocol === 'random') {
    return `This round: ${all === 1 ? 'one call' : `${all} calls`}, to nodes drawn at random`;
  }
  if ((counts.get(best) ?? 0) < all / 2) return 'This round: nodes still find their places';
  const power = Math.log2(best);
  const how = state.run?.protocol === 'brr' && Number.isInteger(power) && best > 1 ? ` (2${superscript(power)})` : '';
  return `This round: each node calls the ${best === 1 ? 'next one' : `one ${best} places on`}${how}`;
}

function superscript(n) {
  return String(n).split('').map((d) => '⁰¹²³⁴⁵⁶⁷⁸⁹'[d]).join('');
}
