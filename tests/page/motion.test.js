import assert from "node:assert/strict";
import { test } from "node:test";
import { MESSAGE_MS, MotionQueue, platformOf, QUEUE_MS, Rate, ROWS_MOST, rowOf } from "../../app/web/static/motion.js";

const felt = (timeStamp, more = {}) => ({
  timeStamp,
  accelerationIncludingGravity: { x: 1, y: 2, z: 3 },
  rotationRate: { alpha: 4, beta: 5, gamma: 6 },
  ...more,
});

const rowAt = (t_ms) => [t_ms, 0, 0, 9.8, 0, 0, 0];

/** A queue with a row every 10 ms. */
function queueOf(count) {
  const queue = new MotionQueue();
  for (let index = 0; index < count; index += 1) queue.add(rowAt(10 * index));
  return queue;
}

test("an event becomes a row in the browser's own units and order", () => {
  assert.deepEqual(rowOf(felt(500), 510), [500, 1, 2, 3, 4, 5, 6]);
});

test("what the phone does not measure is null, and without acceleration there is no row", () => {
  assert.deepEqual(rowOf(felt(500, { rotationRate: null }), 510), [500, 1, 2, 3, null, null, null]);
  assert.equal(rowOf(felt(500, { accelerationIncludingGravity: null }), 510), null);
  assert.equal(rowOf(felt(500, { accelerationIncludingGravity: { x: 1, y: null, z: 3 } }), 510), null);
  assert.equal(rowOf(felt(500, { accelerationIncludingGravity: { x: 1, y: Number.NaN, z: 3 } }), 510), null);
});

test("a time that is not of the page's clock is replaced by when it was heard", () => {
  assert.equal(rowOf(felt(1.7e12), 510)[0], 510);
  assert.equal(rowOf(felt(0), 510)[0], 510);
});

test("a message is due when it spans a tenth of a second", () => {
  assert.equal(queueOf(0).due, false);
  assert.equal(queueOf(MESSAGE_MS / 10).due, false);
  assert.equal(queueOf(MESSAGE_MS / 10 + 1).due, true);
});

test("rows stay until they have arrived, and those that came meanwhile stay then", () => {
  const queue = queueOf(11);
  const batch = queue.batch();
  queue.add(rowAt(110));
  assert.equal(queue.rows.length, 12);
  queue.done(batch);
  assert.deepEqual(queue.rows, [rowAt(110)]);
  assert.equal(queue.dropped, 0);
});

test("after a long time without a network only the newest seconds are kept, and the others are counted", () => {
  const queue = queueOf(1000);
  assert.equal(queue.rows[0][0], 9990 - QUEUE_MS);
  assert.equal(queue.rows.length + queue.dropped, 1000);
  assert.equal(queue.dropped, 699);
});

test("a batch that has become too old meanwhile takes nothing else along", () => {
  const queue = queueOf(11);
  const batch = queue.batch();
  for (let t_ms = 110; t_ms < 5000; t_ms += 10) queue.add(rowAt(t_ms));
  const left = queue.rows.length;
  queue.done(batch);
  assert.equal(queue.rows.length, left);
});

test("a message has no more rows than the program takes, the oldest first", () => {
  const queue = new MotionQueue();
  for (let index = 0; index < ROWS_MOST + 50; index += 1) queue.add(rowAt(index));
  assert.equal(queue.batch().length, ROWS_MOST);
  assert.equal(queue.batch()[0][0], 0);
});

test("the platform tells whose signs the values have", () => {
  const iPhone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X)";
  const mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
  assert.equal(platformOf({ userAgent: iPhone }), "ios");
  assert.equal(platformOf({ userAgent: mac, maxTouchPoints: 5 }), "ios");
  assert.equal(platformOf({ userAgent: mac, maxTouchPoints: 0 }), "other");
  assert.equal(platformOf({ userAgent: "Mozilla/5.0 (Linux; Android 15; Pixel 8)" }), "android");
});

test("the rate is that of the last two seconds", () => {
  const rate = new Rate();
  assert.equal(rate.hz(0), 0);
  for (let t_ms = 0; t_ms <= 1000; t_ms += 20) rate.add(t_ms);
  assert.equal(rate.hz(1000), 50);
  assert.equal(rate.hz(5000), 0, "nothing comes any more");
});
