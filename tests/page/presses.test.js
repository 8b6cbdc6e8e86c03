import assert from "node:assert/strict";
import { test } from "node:test";

import { MOST_EVENTS, Presses } from "../../app/web/static/presses.js";

test("a press is told with its age, until it was heard", () => {
  let now_ms = 1000;
  const presses = new Presses("page", () => now_ms);
  assert.ok(presses.tell("sacrum", true, 990));
  assert.ok(!presses.tell("sacrum", true, 995), "a key that repeats is one press");
  now_ms = 1500;
  assert.deepEqual(presses.message(), {
    page: "page",
    round_trip_ms: 0,
    events: [{ number: 1, contact: "sacrum", off: true, age_ms: 510 }],
  });
  presses.tell("sacrum", false, 1400);
  presses.heard(1, 8);
  assert.deepEqual(presses.message().events, [{ number: 2, contact: "sacrum", off: false, age_ms: 100 }]);
  assert.equal(presses.presses, 1);
});

test("the way there is half the quickest of the latest answers", () => {
  const presses = new Presses("page", () => 0);
  for (const took_ms of [40, 6, 90, 30]) presses.heard(0, took_ms);
  assert.equal(presses.message().round_trip_ms, 6);
  for (let count = 0; count < 8; count += 1) presses.heard(0, 50);
  assert.equal(presses.message().round_trip_ms, 50, "an old one does not count for ever");
});

test("after a long time without a connection messages stay small, and nothing is lost", () => {
  const presses = new Presses("page", () => 0);
  for (let count = 0; count < 2 * MOST_EVENTS; count += 1) presses.tell("head", count % 2 === 0, 0);
  assert.equal(presses.message().events.length, MOST_EVENTS);
  presses.heard(MOST_EVENTS, 5);
  assert.equal(presses.message().events[0].number, MOST_EVENTS + 1);
});
