// A phone's motion as rows to send, and the queue they wait in. No document here.
// What is sent, and when, is told in sensors/drivers/device_motion.py.

export const MESSAGE_MS = 100;
export const QUEUE_MS = 3000;
export const ROWS_MOST = 350; // of a message: at 150 letters in a row the program takes 430

/** @typedef {[number, ...(number | null)[]]} Row t_ms, ax, ay, az, alpha, beta, gamma */

const number = (/** @type {unknown} */ value) => (typeof value === "number" && Number.isFinite(value) ? value : null);

/**
 * One event as [t_ms, ax, ay, az, alpha, beta, gamma], as the browser gives them: acceleration with gravity in m/s2,
 * turning in deg/s, null for what the phone does not measure. Null for an event without all of the acceleration, which
 * browsers on computers send once.
 * @param {Pick<DeviceMotionEvent, "accelerationIncludingGravity" | "rotationRate" | "timeStamp">} event
 * @param {number} now_ms
 * @returns {Row | null}
 */
export function rowOf(event, now_ms) {
  const { x, y, z } = event.accelerationIncludingGravity ?? {};
  const { alpha, beta, gamma } = event.rotationRate ?? {};
  const acceleration = [x, y, z].map(number);
  if (acceleration.includes(null)) return null;
  return [timeOf(event, now_ms), ...acceleration, ...[alpha, beta, gamma].map(number)];
}

/**
 * When it was measured, on the page's clock. Some browsers have given these times since 1970, or none.
 * @param {{ timeStamp: number }} event
 * @param {number} now_ms
 */
function timeOf({ timeStamp }, now_ms) {
  return timeStamp > 0 && Math.abs(timeStamp - now_ms) < 10_000 ? timeStamp : now_ms;
}

/**
 * What the signs of a phone's browser follow: the platform decides.
 * @param {{ userAgent: string, maxTouchPoints?: number }} navigator
 */
export function platformOf({ userAgent, maxTouchPoints = 0 }) {
  if (/iPhone|iPad|iPod/.test(userAgent)) return "ios";
  if (/Macintosh/.test(userAgent) && maxTouchPoints > 1) return "ios"; // an iPad says it is a Mac
  return /Android/.test(userAgent) ? "android" : "other";
}

/** Rows that wait to be sent. `dropped` counts those that became too old. */
export class MotionQueue {
  /** @type {Row[]} */
  rows = [];
  dropped = 0;

  /** @param {Row} row */
  add(row) {
    this.rows.push(row);
    const fresh = this.rows.findIndex(([t_ms]) => t_ms >= row[0] - QUEUE_MS);
    if (fresh > 0) this.drop(fresh);
  }

  /** Whether there is a message's worth. */
  get due() {
    const newest = this.rows.at(-1);
    return newest !== undefined && newest[0] - this.rows[0][0] >= MESSAGE_MS;
  }

  /** The oldest rows; they stay in the queue until done() says that they have arrived. */
  batch() {
    return this.rows.slice(0, ROWS_MOST);
  }

  /**
   * These rows need not be kept; some may have become too old meanwhile.
   * @param {Row[]} batch
   */
  done(batch) {
    const newest_ms = batch.at(-1)?.[0] ?? -Infinity;
    const rest = this.rows.findIndex(([t_ms]) => t_ms > newest_ms);
    this.rows.splice(0, rest === -1 ? this.rows.length : rest);
  }

  drop(count = this.rows.length) {
    this.rows.splice(0, count);
    this.dropped += count;
  }
}

/** Events per second over the latest ones. */
export class Rate {
  /** @type {number[]} */
  #times = [];

  /** @param {number} t_ms */
  add(t_ms) {
    this.#times.push(t_ms);
    if (this.#times.length > 100) this.#times.shift();
  }

  /** @param {number} now_ms */
  hz(now_ms) {
    const recent = this.#times.filter((t_ms) => t_ms > now_ms - 2000);
    if (recent.length < 2) return 0;
    return (1000 * (recent.length - 1)) / (recent[recent.length - 1] - recent[0] || Infinity);
  }
}
