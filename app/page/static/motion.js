// A phone's motion as rows to send, and the queue they wait in. No document here.

export const QUEUE_MS = 30_000; // half a minute without a connection; older motion is of no use any more
export const BATCH_MOST = 500; // five seconds at 100 Hz in one request

const number = (value) => (typeof value === "number" && Number.isFinite(value) ? value : null);

/**
 * One event as [t_ms, ax, ay, az, alpha, beta, gamma], as the browser gives them: acceleration with gravity in m/s2,
 * turning in deg/s, null for what the phone does not measure. Null for an event without any acceleration, which
 * browsers on computers send once.
 */
export function rowOf(event, now_ms) {
  const { x, y, z } = event.accelerationIncludingGravity ?? {};
  const { alpha, beta, gamma } = event.rotationRate ?? {};
  const acceleration = [x, y, z].map(number);
  if (acceleration.includes(null)) return null;
  return [timeOf(event, now_ms), ...acceleration, ...[alpha, beta, gamma].map(number)];
}

/** When it was measured, on the page's clock. Some browsers have given these times since 1970, or none. */
function timeOf({ timeStamp }, now_ms) {
  return timeStamp > 0 && Math.abs(timeStamp - now_ms) < 10_000 ? timeStamp : now_ms;
}

/** What the signs of a phone's browser follow: the platform decides. */
export function platformOf({ userAgent, maxTouchPoints = 0 }) {
  if (/iPhone|iPad|iPod/.test(userAgent)) return "ios";
  if (/Macintosh/.test(userAgent) && maxTouchPoints > 1) return "ios"; // an iPad says it is a Mac
  return /Android/.test(userAgent) ? "android" : "other";
}

/** Rows that wait to be sent, at most half a minute of them. `dropped` counts those that became too old. */
export class MotionQueue {
  rows = [];
  dropped = 0;

  add(row) {
    this.rows.push(row);
    let old = 0;
    while (this.rows[old][0] < row[0] - QUEUE_MS) old += 1;
    if (old === 0) return;
    this.rows.splice(0, old);
    this.dropped += old;
  }

  /** The oldest rows; they stay in the queue until done() says that they have arrived. */
  batch() {
    return this.rows.slice(0, BATCH_MOST);
  }

  /** These rows need not be kept; some may have become too old meanwhile. */
  done(batch) {
    const newest_ms = batch.at(-1)[0];
    const rest = this.rows.findIndex(([t_ms]) => t_ms > newest_ms);
    this.rows.splice(0, rest === -1 ? this.rows.length : rest);
  }
}

/** Events per second over the latest ones. */
export class Rate {
  #times = [];

  add(t_ms) {
    this.#times.push(t_ms);
    if (this.#times.length > 100) this.#times.shift();
  }

  hz(now_ms) {
    const recent = this.#times.filter((t_ms) => t_ms > now_ms - 2000);
    if (recent.length < 2) return 0;
    return (1000 * (recent.length - 1)) / (recent.at(-1) - recent[0] || Infinity);
  }
}
