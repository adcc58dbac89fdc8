import { colours, rgb } from './colours.js';
import { Surface } from './surface.js';

// Matrix draws who suspects whom, as the monitor has it: a row an observer, a column
// an observed node, in ring order. What is not suspected is shaded by how old the
// news is. The column nearest to a verdict is framed, and what still holds it up marked.
export class Matrix {
  constructor(canvas, dirty) {
    this.surface = new Surface(canvas, dirty);
    this.image = document.createElement('canvas');
    this.zoom = 1;
    this.left = this.top = 0; // in cells
  }

  lay(n, state) {
    const { width, height } = this.surface;
    const k = colours();
    const letter = Math.min(1.5, k.size / 16) * 11;
    const longest = state.order.reduce((m, i) => Math.max(m, state.name(i).length), 0);
    const label = Math.min(width * 0.25, 9 + Math.min(longest, 14) * letter * 0.58);
    let side = Math.max(20, Math.min(width - label - 4, height - label - 4));
    // Cells of whole pixels are all of one size, if that does not shrink the matrix much.
    const whole = Math.floor(side * this.surface.scale / n) * n / this.surface.scale;
    if (whole > side * 0.92) side = whole;
    const cell = side * this.zoom / n;
    const seen = n / this.zoom;
    this.left = Math.max(0, Math.min(n - seen, this.left));
    this.top = Math.max(0, Math.min(n - seen, this.top));
    const x = Math.round(label + Math.max(0, (width - label - 4 - side) / 2 - label / 3));
    this.layout = { x, y: Math.round(label), side, cell, n, seen, letter, label };
    return this.layout;
  }

  // at is {by, of} under a point, in places of the ring; null: none.
  at(x, y) {
    const l = this.layout;
    if (!l) return null;
    const column = Math.floor((x - l.x) / l.cell + this.left), row = Math.floor((y - l.y) / l.cell + this.top);
    if (x < l.x || y < l.y || x > l.x + l.side || y > l.y + l.side) return null;
    if (column < 0 || row < 0 || column >= l.n || row >= l.n) return null;
    return { row, column };
  }

  spot({ row, column }) {
    const l = this.layout;
    return { x: l.x + (column + 1 - this.left) * l.cell, y: l.y + (row + 1 - this.top) * l.cell };
  }

  magnify(factor, x, y) {
    const l = this.layout;
    if (!l) return;
    const column = this.left + (x - l.x) / l.cell, row = this.top + (y - l.y) / l.cell;
    this.zoom = Math.max(1, Math.min(Math.max(1, l.n / 6), this.zoom * factor));
    const cell = l.side * this.zoom / l.n;
    this.left = column - (x - l.x) / cell;
    this.top = row - (y - l.y) / cell;
  }

  pan(columns, rows) {
    this.left += columns;
    this.top += rows;
  }

  // reveal moves a cell into view.
  reveal({ row, column }) {
    const l = this.layout;
    if (column < this.left) this.left = column;
    if (row < this.top) this.top = row;
    if (column >= this.left + l.seen) this.left = column + 1 - l.seen;
    if (row >= this.top + l.seen) this.top = row + 1 - l.seen;
  }

  paint(state, t, order, k) {
    const n = order.length;
    if (this.image.width !== n || this.image.height !== n) {
      this.image.width = this.image.height = n;
      this.pixels = this.image.getContext('2d').createImageData(n, n);
      this.words = new Uint32Array(this.pixels.data.buffer);
    }
    if (this.version !== k.version) {
      this.version = k.version;
      this.shades = shades(k);
    }
    const { fresh, mute, suspect, mutedSuspect, failed, self, unheard } = this.shades;
    const { cell, heardAt } = state.grid;
    const scale = (fresh.length - 1) / (state.run?.fail || 10);
    const messages = state.run?.messages !== false;
    for (let r = 0, p = 0; r < n; r++) {
      const by = order[r], voiced = state.voice[by], base = by * state.cap;
      for (let c = 0; c < n; c++, p++) {
        const of = order[c];
        if (r === c) this.words[p] = self;
        else if (cell[base + of]) this.words[p] = !voiced ? mutedSuspect : state.failed[of] ? failed : suspect;
        else if (!voiced) this.words[p] = mute;
        else if (!messages) this.words[p] = fresh[2];
        else {
          const age = (t - heardAt[base + of]) * scale;
          this.words[p] = age > 1e8 ? unheard : fresh[age < 0 ? 0 : age >= fresh.length ? fresh.length - 1 : age | 0];
        }
      }
    }
    this.image.getContext('2d').putImageData(this.pixels, 0, 0);
  }

  draw({ state, t, chosen, pointedCell, nearest }) {
    const c = this.surface.begin();
    const order = state.order, n = order.length;
    if (!n) return;
    const k = colours();
    const l = this.lay(n, state);
    this.paint(state, t, order, k);
    c.imageSmoothingEnabled = l.cell < 1;
    c.drawImage(this.image, this.left, this.top, l.seen, l.seen, l.x, l.y, l.side, l.side);
    const from = { c: Math.floor(this.left), r: Math.floor(this.top) };
    const to = { c: Math.min(n, Math.ceil(this.left + l.seen)), r: Math.min(n, Math.ceil(this.top + l.seen)) };
    const x = (column) => l.x + (column - this.left) * l.cell, y = (row) => l.y + (row - this.top) * l.cell;
    c.save();
    c.beginPath();
    c.rect(l.x, l.y, l.side, l.side);
    c.clip();
    if (l.cell >= 9) this.drawSigns(c, k, l, state, order, from, to, x, y);
    if (l.cell >= 5) this.drawLines(c, k, l, from, to, x, y);
    const target = order.indexOf(nearest);
    if (target >= 0) this.drawNearest(c, k, l, state, order, target, x, y);
    for (const i of chosen) {
      const place = order.indexOf(i);
      if (place < 0) continue;
      c.strokeStyle = k.select;
      c.lineWidth = 1.5;
      c.strokeRect(x(place), l.y + 0.75, l.cell, l.side - 1.5);
      c.strokeRect(l.x + 0.75, y(place), l.side - 1.5, l.cell);
    }
    if (pointedCell) {
      c.strokeStyle = k.ink;
      c.lineWidth = 2;
      c.strokeRect(x(pointedCell.column), y(pointedCell.row), l.cell, l.cell);
    }
    c.restore();
    c.strokeStyle = k.line;
    c.lineWidth = 1;
    c.strokeRect(l.x, l.y, l.side, l.side);
    this.drawNames(c, k, l, state, order, from, to, x, y, target, chosen);
  }

  // Signs say without colour what a cell says: a bar, suspected; a stroke, itself.
  drawSigns(c, k, l, state, order, from, to, x, y) {
    const size = l.cell * 0.46, high = Math.max(2, l.cell * 0.14);
    c.fillStyle = k.panel;
    for (let r = from.r; r < to.r; r++) {
      for (let q = from.c; q < to.c; q++) {
        if (r === q || !state.suspects(order[r], order[q])) continue;
        c.fillRect(x(q) + (l.cell - size) / 2, y(r) + (l.cell - high) / 2, size, high);
      }
    }
    c.strokeStyle = k.soft;
    c.lineWidth = 1;
    c.beginPath();
    for (let r = Math.max(from.r, from.c); r < Math.min(to.r, to.c); r++) {
      c.moveTo(x(r) + l.cell * 0.25, y(r) + l.cell * 0.25);
      c.lineTo(x(r) + l.cell * 0.75, y(r) + l.cell * 0.75);
    }
    c.stroke();
    // Rows that do not count are struck through.
    c.beginPath();
    for (let r = from.r; r < to.r; r++) {
      if (state.voice[order[r]]) continue;
      c.moveTo(l.x, y(r) + l.cell / 2);
      c.lineTo(l.x + l.side, y(r) + l.cell / 2);
    }
    c.stroke();
  }

  drawLines(c, k, l, from, to, x, y) {
    c.strokeStyle = k.panel;
    c.lineWidth = 1;
    c.beginPath();
    for (let q = from.c; q <= to.c; q++) { c.moveTo(x(q), l.y); c.lineTo(x(q), l.y + l.side); }
    for (let r = from.r; r <= to.r; r++) { c.moveTo(l.x, y(r)); c.lineTo(l.x + l.side, y(r)); }
    c.stroke();
  }

  // drawNearest frames the column, and widens it where cells are small.
  drawNearest(c, k, l, state, order, target, x, y) {
    const wide = Math.max(l.cell, 9);
    const left = Math.max(l.x, Math.min(l.x + l.side - wide, x(target) - (wide - l.cell) / 2));
    if (wide > l.cell) {
      c.imageSmoothingEnabled = false;
      c.drawImage(this.image, target, this.top, 1, l.seen, left, l.y, wide, l.side);
    }
    c.fillStyle = k.hold;
    c.beginPath();
    const radius = Math.min(5, l.cell * 0.24);
    for (let r = 0; r < l.n; r++) {
      const by = order[r];
      if (r === target || !state.voice[by] || state.suspects(by, order[target])) continue;
      const middle = y(r) + l.cell / 2;
      if (radius >= 1.2) {
        c.moveTo(left + wide / 2 + radius, middle);
        c.arc(left + wide / 2, middle, radius, 0, 2 * Math.PI);
      } else c.rect(left + wide / 2 - 1, y(r), 2, Math.max(0.6, l.cell));
    }
    c.fill();
    c.strokeStyle = k.ink;
    c.lineWidth = 2;
    c.strokeRect(left, l.y + 1, wide, l.side - 2);
  }

  drawNames(c, k, l, state, order, from, to, x, y, target, chosen) {
    const step = Math.max(1, Math.ceil((l.letter + 2) / l.cell));
    const marked = (place) => place === target || chosen.includes(order[place]);
    const marks = [];
    for (let p = 0; p < l.n; p++) if (marked(p)) marks.push(p);
    const shown = (p) => marked(p) || (p % step === 0 && !marks.some((m) => Math.abs(m - p) < step));
    const style = (i, p) => {
      c.fillStyle = state.failed[i] ? k.failed : p === target ? k.ink : k.soft;
      c.font = `${marked(p) || state.failed[i] ? '600 ' : ''}${l.letter}px ${k.font}`;
    };
    c.textBaseline = 'middle';
    c.textAlign = 'right';
    for (let r = from.r; r < to.r; r++) {
      if (!shown(r)) continue;
      const at = y(r) + l.cell / 2;
      if (at < l.y || at > l.y + l.side) continue;
      style(order[r], r);
      c.fillText(state.name(order[r]), l.x - 5, at, l.label - 6);
    }
    c.textAlign = 'left';
    for (let q = from.c; q < to.c; q++) {
      if (!shown(q)) continue;
      const at = x(q) + l.cell / 2;
      if (at < l.x || at > l.x + l.side) continue;
      style(order[q], q);
      c.save();
      c.translate(at, l.y - 5);
      c.rotate(-Math.PI / 2);
      c.fillText(state.name(order[q]), 0, 0, l.label - 6);
      c.restore();
    }
  }
}

// shades are the cells' colours as the image has them, in the machine's byte order.
function shades(k) {
  const word = ([r, g, b]) => new Uint32Array(new Uint8ClampedArray([r, g, b, 255]).buffer)[0];
  const mix = (a, b, share) => a.map((v, i) => Math.round(v + (b[i] - v) * share));
  const [panel, alive, suspect, failed, line] = [k.panel, k.alive, k.suspect, k.failed, k.line].map(rgb);
  const steps = 24;
  return {
    fresh: Array.from({ length: steps }, (_, i) => word(mix(panel, alive, 0.07 + 0.5 * (i / (steps - 1)) ** 1.6))),
    mute: word(mix(panel, line, 0.55)),
    unheard: word(mix(panel, line, 0.3)),
    suspect: word(suspect),
    mutedSuspect: word(mix(panel, suspect, 0.4)),
    failed: word(failed),
    self: word(mix(panel, line, 0.9)),
  };
}
