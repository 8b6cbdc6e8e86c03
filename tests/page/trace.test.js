import assert from "node:assert/strict";
import { test } from "node:test";
import { SHOWN_S, TraceBuffer, yOf, zoneOf } from "../../app/web/static/trace.js";

const LIMITS = { warn_deg: 8, lost_deg: 12, arching_warn_deg: 10, arching_lost_deg: 14 };
const pointsFrom = (from_s, count) => Array.from({ length: count }, (_, index) => [from_s + index, 0, 0]);

test("the trace keeps the last twenty seconds and one to draw from", () => {
  const buffer = new TraceBuffer();
  buffer.add(pointsFrom(0, 100));
  assert.equal(buffer.points[0][0], 99 - SHOWN_S - 1);
  assert.equal(buffer.points.at(-1)[0], 99);
});

test("points that are sent again after connecting anew are kept once", () => {
  const buffer = new TraceBuffer();
  buffer.add(pointsFrom(0, 10));
  buffer.add(pointsFrom(9, 3)); // one that is there, and two new ones
  assert.deepEqual(
    buffer.points.map(([t_s]) => t_s),
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  );
});

test("another session, or a replay begun anew, clears it", () => {
  const buffer = new TraceBuffer();
  buffer.add(pointsFrom(100, 10));
  buffer.add(pointsFrom(0, 2));
  assert.deepEqual(
    buffer.points.map(([t_s]) => t_s),
    [0, 1],
  );
});

test("a deviation is at the middle when the rod is held, rounding above it, and never beyond the edges", () => {
  assert.equal(yOf(0, 200), 100);
  assert.equal(yOf(10, 200), 52);
  assert.equal(yOf(-10, 200), 148);
  assert.equal(yOf(20, 200), 4);
  assert.equal(yOf(90, 200), 4);
  assert.equal(yOf(-90, 200), 196);
});

test("each way has its own limits, and at a limit it is not passed", () => {
  const zones = [0, 8, 8.1, 12.1, -9, -10.1, -14.1].map((deg) => zoneOf(deg, LIMITS));
  assert.deepEqual(zones, ["held", "held", "near", "lost", "held", "near", "lost"]);
});

test("without a value or limits nothing is judged", () => {
  assert.equal(zoneOf(null, LIMITS), "unknown");
  assert.equal(zoneOf(undefined, LIMITS), "unknown");
  assert.equal(zoneOf(20, null), "unknown");
});
