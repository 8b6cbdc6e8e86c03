// Keeps the screen on. The lock ends whenever the page is hidden, so it is asked for again on return.

let wanted = false;
/** @type {WakeLockSentinel | null} */
let lock = null;

async function ask() {
  // asking while a lock is held would leave the first one without an owner
  if (!wanted || lock || document.hidden || !navigator.wakeLock) return;
  try {
    lock = await navigator.wakeLock.request("screen");
    lock.addEventListener("release", () => {
      lock = null;
    });
    if (!wanted) await lock.release();
  } catch {
    lock = null; // battery saver, or not a secure page: the screen then follows the phone's own settings
  }
}

document.addEventListener("visibilitychange", ask);

/** @param {boolean} on */
export function keepAwake(on) {
  if (on === wanted) return;
  wanted = on;
  if (on) ask();
  else lock?.release().catch(() => {});
}

export function isKeptAwake() {
  return lock !== null;
}
