import assert from "node:assert/strict";
import { test } from "node:test";
import { projection } from "../../app/web/static/lifter.js";

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
