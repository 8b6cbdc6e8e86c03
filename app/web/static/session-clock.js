// How late a frame is. The page knows no session time of its own, only when frames arrive.

export const STALE_MS = 250; // a cue older than this would be tied to another movement
const FRAMES = 250; // ten seconds: long enough to hold a prompt frame, short enough to follow a clock that was stopped
const BUCKET = 25;

/**
 * The quickest of the recent frames tells the offset between session time and the page's clock; every other frame is
 * as late as its own offset is larger. A frame whose journey took equally long each time looks prompt: what is seen is
 * the delay that comes on top.
 */
export class SessionClock {
  /** @type {number[]} */
  #minima = [];
  #current = Infinity;
  #count = 0;

  /**
   * A frame with session time `t_s` arrived at `arrival_ms`.
   * @param {number} t_s
   * @param {number} arrival_ms
   */
  frame(t_s, arrival_ms) {
    this.#current = Math.min(this.#current, arrival_ms - 1000 * t_s);
    this.#count += 1;
    if (this.#count < BUCKET) return;
    this.#minima.push(this.#current);
    if (this.#minima.length >= FRAMES / BUCKET) this.#minima.shift();
    this.#current = Infinity;
    this.#count = 0;
  }

  /**
   * How late something of session time `t_s` is at `now_ms`; 0 where no frame has come yet.
   * @param {number} t_s
   * @param {number} now_ms
   */
  ageMs(t_s, now_ms) {
    const offset = Math.min(this.#current, ...this.#minima);
    return Number.isFinite(offset) ? now_ms - 1000 * t_s - offset : 0;
  }

  /** A new stream begins: what was learnt from the old one may not hold (sleep stops one clock and not the other). */
  reset() {
    this.#minima = [];
    this.#current = Infinity;
    this.#count = 0;
  }
}
