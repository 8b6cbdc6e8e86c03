import assert from "node:assert/strict";
import { test } from "node:test";
import { projection, wordsMeet } from "../../app/web/static/lifter.js";

const box = { left: -0.5, right: 0.5, bottom: -0.25, top: 1 };

test("the lifter is as large as fits, and one who stands stands at the bottom", () => {
  const { scale, place } = projection(1000, 500, { box, centred: false });
  assert.equal(scale, 400);
  assert.deepEqual(place([0, 0]), [500, 400]);
  assert.deepEqual(place([0, 1]), [500, 0]);
});

test("in a narrow picture the width decides, and one who lies is in the middle", () => {
  const { scale, place } = projection(100, 500, { box, centred: true });
  assert.equal(scale, 100);
  const [[left, top], [right, bottom]] = [place([-0.5, 1]), place([0.5, -0.25])];
  assert.deepEqual([left, right], [0, 100]);
  assert.equal(top, 500 - bottom);
});

test("words beside head and upper back meet where the lifter is small", () => {
  /** @type {(height: number) => { rod: [number, number], body: [number, number] }} */
  const at = (height) => ({ rod: [0, height], body: [0, height] });
  const points = { head: at(0.93), upper_back: at(0.8) };
  assert.equal(wordsMeet(points, projection(390, 200, { box, centred: false }), 13), true);
  assert.equal(wordsMeet(points, projection(800, 600, { box, centred: false }), 14), false);
  assert.equal(wordsMeet({ upper_back: at(0.8) }, projection(390, 200, { box, centred: false }), 13), false);
});
