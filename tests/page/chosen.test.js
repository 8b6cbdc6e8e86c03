import assert from "node:assert/strict";
import { test } from "node:test";
import { Chosen } from "../../app/web/static/chosen.js";

test("what nobody has chosen here follows every state", () => {
  const chosen = new Chosen();
  assert.equal(chosen.outdates("mode", 0), false);
  chosen.asked("volume");
  assert.equal(chosen.outdates("mode", 0), false);
});

test("until the program has answered every state is too old, however new", () => {
  const chosen = new Chosen();
  chosen.asked("mode");
  assert.equal(chosen.outdates("mode", 1), true);
});

test("after the answer only states that have it are followed", () => {
  const chosen = new Chosen();
  chosen.asked("mode");
  chosen.answered("mode", 4);
  assert.equal(chosen.outdates("mode", 3), true, "it was under way when the program was asked");
  assert.equal(chosen.outdates("mode", 4), false);
  assert.equal(chosen.outdates("mode", 5), false, "somebody else chose again");
});

test("of two choices in a row the first answer does not end the wait for the second", () => {
  const chosen = new Chosen();
  chosen.asked("mode");
  chosen.asked("mode");
  chosen.answered("mode", 4);
  assert.equal(chosen.outdates("mode", 4), true);
  chosen.answered("mode", 5);
  assert.equal(chosen.outdates("mode", 4), true);
  assert.equal(chosen.outdates("mode", 5), false);
});

test("answers may come in another order than the questions", () => {
  const chosen = new Chosen();
  chosen.asked("mode");
  chosen.asked("mode");
  chosen.answered("mode", 5);
  chosen.answered("mode", 4);
  assert.equal(chosen.outdates("mode", 4), true);
});

test("what was refused is as the program has it", () => {
  const chosen = new Chosen();
  chosen.asked("mode");
  chosen.answered("mode", 0);
  assert.equal(chosen.outdates("mode", 0), false);
});
