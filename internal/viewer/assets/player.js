export const rates = [0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50];

// Player is the clock that all shown runs share: an instant, and how it moves. An
// exact count of events stands for the instant while one steps event by event.
export class Player {
  constructor() {
    this.t = 0;
    this.step = null;     // how many events of the first run have happened, if one steps
    this.playing = false;
    this.following = false; // stays at the end of a stream that goes on
    this.rate = 1;
  }

  seek(t) {
    this.t = Math.max(0, t);
    this.step = null;
    this.following = false;
  }

  // pass lets wall time pass, in seconds; `end` is the last instant there is, `now`
  // the present of a live stream.
  pass(elapsed, end, now) {
    if (this.following) {
      this.t = now ?? end;
      this.step = null;
      this.following = now !== null; // the stream may be over
      return;
    }
    if (!this.playing) return;
    this.step = null;
    this.t += elapsed * this.rate;
    if (this.t < end) return;
    this.t = end;
    if (now === null) this.playing = false; else this.following = true;
  }

  toggle(end, live) {
    if (this.following) { this.following = this.playing = false; return; }
    this.playing = !this.playing;
    if (this.playing && this.t >= end && !live) this.seek(0);
  }

  faster(by) {
    const at = rates.findIndex((r) => r >= this.rate);
    this.rate = rates[Math.min(rates.length - 1, Math.max(0, at + by))];
  }
}
