// Timers, the clock and what else a browser gives, for tests: time passes when it is told to.

/** Replaces `Date.now`, `setTimeout`, `setInterval` and their ends; `pass(ms)` lets time go by, with what is due in it. */
export class VirtualTime {
  now_ms = 1_000_000;
  #due = new Map();
  #next = 1;
  #real = {};

  constructor() {
    const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
    this.#real = { setTimeout, clearTimeout, setInterval, clearInterval, now: Date.now };
    Date.now = () => this.now_ms;
    globalThis.setTimeout = (call, ms = 0) => this.#add(call, ms, null);
    globalThis.setInterval = (call, ms = 0) => this.#add(call, ms, ms);
    globalThis.clearTimeout = globalThis.clearInterval = (timer) => this.#due.delete(timer);
  }

  #add(call, ms, every_ms) {
    this.#due.set(this.#next, { call, at_ms: this.now_ms + ms, every_ms });
    this.#next += 1;
    return this.#next - 1;
  }

  /** So long, timer by timer; between two of them all that waits for an answer goes on. */
  async pass(ms) {
    const until_ms = this.now_ms + ms;
    for (;;) {
      await settled();
      const [[timer, due] = []] = [...this.#due]
        .filter(([, { at_ms }]) => at_ms <= until_ms)
        .sort(([, one], [, other]) => one.at_ms - other.at_ms);
      if (!due) break;
      this.now_ms = Math.max(this.now_ms, due.at_ms);
      if (due.every_ms === null) this.#due.delete(timer);
      else due.at_ms = this.now_ms + due.every_ms;
      due.call();
    }
    this.now_ms = until_ms;
  }

  /** The whole page stands still for so long: no timer runs, and what is due comes late. */
  stall(ms) {
    this.now_ms += ms;
  }

  restore() {
    Date.now = this.#real.now;
    Object.assign(globalThis, { ...this.#real, now: undefined });
  }
}

async function settled() {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}
