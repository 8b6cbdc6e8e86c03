import assert from "node:assert/strict";
import { test } from "node:test";
import { SessionClock, STALE_MS } from "../../app/web/static/session-clock.js";

const FRAME_S = 0.04;

/** A clock that has heard so many frames, each so many ms after it was made; session time 0 is 5 s on the page's. */
function clockAfter(delays_ms) {
  const clock = new SessionClock();
  delays_ms.forEach((delay_ms, index) => {
    clock.frame(index * FRAME_S, 5000 + 1000 * index * FRAME_S + delay_ms);
  });
  return clock;
}

test("before the first frame nothing is late", () => {
  assert.equal(new SessionClock().ageMs(3, 1e9), 0);
});

test("the quickest frame is the measure of the others", () => {
  const clock = clockAfter([40, 12, 300]);
  assert.equal(Math.round(clock.ageMs(2 * FRAME_S, 5000 + 80 + 300)), 288);
  assert.equal(Math.round(clock.ageMs(1, 5000 + 1000 + 12)), 0);
});

test("a journey that takes equally long each time looks prompt", () => {
  const clock = clockAfter(Array(100).fill(400));
  assert.ok(Math.abs(clock.ageMs(4, 5000 + 4000 + 400)) < 1e-6);
});

test("a line that fills up makes what comes through it stale", () => {
  const delays_ms = Array.from({ length: 100 }, (_, index) => 10 * index);
  assert.ok(clockAfter(delays_ms).ageMs(99 * FRAME_S, 5000 + 99 * 40 + 990) > STALE_MS);
});

test("it holds a prompt frame for ten seconds and then follows a clock that was stopped", () => {
  const slept_ms = 60_000;
  const delays_ms = [...Array(50).fill(5), ...Array(400).fill(5 + slept_ms)];
  const during = clockAfter(delays_ms.slice(0, 60));
  assert.ok(during.ageMs(59 * FRAME_S, 5000 + 59 * 40 + 5 + slept_ms) > STALE_MS);
  const after = clockAfter(delays_ms);
  assert.ok(Math.abs(after.ageMs(449 * FRAME_S, 5000 + 449 * 40 + 5 + slept_ms)) < 1);
});

test("a new stream forgets the old one", () => {
  const clock = clockAfter(Array(300).fill(1));
  clock.reset();
  assert.equal(clock.ageMs(1, 1e9), 0);
});
