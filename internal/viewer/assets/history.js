import { State } from './state.js';
import { Chronicle } from './chronicle.js';

const memory = 96 << 20;   // bytes that keyframes may take
const closest = 512;       // events between keyframes at the least
const longest = 400_000;   // events kept of a stream that does not end

// History keeps the events of one stream, and the state at any of its instants. An
// event's number counts from the stream's beginning, also after old ones are dropped.
export class History {
  constructor() {
    this.endless = false; // old events are dropped
    this.clear();
  }

  clear() {
    this.events = [];
    this.base = 0;             // number of events[0]
    this.head = new State();   // after all events
    this.keyframes = [{ number: 0, state: new State() }];
    this.spacing = closest;
    this.cursor = new State(); // the state last asked for, after `position` events
    this.position = 0;
    this.chronicle = new Chronicle();
    this.generation = (this.generation ?? 0) + 1;
  }

  get length() { return this.base + this.events.length; }
  get start() { return this.events.length ? this.events[0].t : 0; }
  get finish() { return this.head.t; }
  event(number) { return this.events[number - this.base]; }

  // append takes more events of the stream. A `run` begins it anew.
  append(events) {
    for (const e of events) {
      if (!e || typeof e.k !== 'string' || !Number.isFinite(e.t)) continue;
      if (e.k === 'run' && this.length > 0) this.clear();
      if (e.t < this.head.t) e.t = this.head.t; // time does not go back
      const number = this.length;
      this.events.push(e);
      this.chronicle.note(e, number, this.head);
      this.head.fold(e, number);
      this.chronicle.noted(e, number, this.head);
      if (this.length - this.keyframes.at(-1).number >= this.spacing) this.keep();
    }
    if (this.endless && this.events.length > longest) this.drop();
  }

  keep() {
    this.keyframes.push({ number: this.length, state: this.head.copy() });
    const most = Math.max(8, Math.floor(memory / this.head.bytes));
    if (this.keyframes.length <= most) return;
    this.spacing *= 2;
    this.keyframes = this.keyframes.filter((_, i) => i % 2 === 0);
  }

  // drop forgets the older half, back to a keyframe.
  drop() {
    const half = this.base + this.events.length / 2;
    const first = this.keyframes.findLastIndex((k) => k.number <= half);
    if (first <= 0) return;
    this.keyframes.splice(0, first);
    const number = this.keyframes[0].number;
    this.events.splice(0, number - this.base);
    this.base = number;
    this.chronicle.drop(this.start, number);
    if (this.position < number) this.jump(this.keyframes[0]);
  }

  // count is how many events have happened at time t.
  count(t) {
    let low = 0, high = this.events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.events[middle].t <= t) low = middle + 1; else high = middle;
    }
    return this.base + low;
  }

  at(t) { return this.after(this.count(t)); }

  // after is the state after so many events. The next call may change it.
  after(count) {
    count = Math.min(Math.max(count, this.base), this.length);
    let near = 0;
    for (let low = 0, high = this.keyframes.length - 1; low <= high;) {
      const middle = (low + high) >> 1;
      if (this.keyframes[middle].number <= count) { near = middle; low = middle + 1; } else high = middle - 1;
    }
    const key = this.keyframes[near];
    if (this.position > count || this.position < key.number) this.jump(key);
    for (; this.position < count; this.position++) this.cursor.fold(this.event(this.position), this.position);
    return this.cursor;
  }

  jump(key) {
    this.cursor = key.state.copy();
    this.position = key.number;
  }
}
