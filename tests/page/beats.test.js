import assert from "node:assert/strict";
import { test } from "node:test";
import { beatsOf, buzzOf, lengthOf, POINT_BEATS, toneHz } from "../../app/web/static/beats.js";

test("the tone rises in equal steps to the ear, and not for ever", () => {
  assert.equal(toneHz(0), 330);
  assert.ok(Math.abs(toneHz(1) - 880) < 1e-9);
  assert.ok(Math.abs(toneHz(0.5) / toneHz(0) - toneHz(1) / toneHz(0.5)) < 1e-9);
  assert.equal(toneHz(-1), toneHz(0));
  assert.equal(toneHz(9), toneHz(1.25));
});

test("each point has a rhythm of its own, also without its pitch", () => {
  const buzzes = Object.keys(POINT_BEATS).map((point) => buzzOf({ kind: "contact", point }).join(" "));
  assert.deepEqual(buzzes, ["130 70 130", "60 40 60 40 60 40 60", "400"]);
});

test("the floor sounds as the sacrum", () => {
  assert.deepEqual(beatsOf({ kind: "contact", point: "floor" }), POINT_BEATS.sacrum);
});

test("a rep that lost contact has a falling note before the point's sound", () => {
  const [fall, ...rest] = beatsOf({ kind: "verdict", point: "head" });
  assert.ok(fall.end_hz < fall.hz);
  assert.deepEqual(rest, POINT_BEATS.head);
  assert.deepEqual(beatsOf({ kind: "verdict", point: "" }), [fall]);
});

test("a tick is a knock and no note, and what is spoken has none either", () => {
  assert.equal(beatsOf({ kind: "tick", point: "" }), null);
  assert.equal(beatsOf({ kind: "summary", point: "" }), null);
  assert.deepEqual(buzzOf({ kind: "tick", point: "" }), [35]);
});

test("the length is that of the beats and their pauses", () => {
  assert.ok(Math.abs(lengthOf(POINT_BEATS.upper_back) - 0.36) < 1e-9);
  assert.equal(lengthOf([]), 0);
});
