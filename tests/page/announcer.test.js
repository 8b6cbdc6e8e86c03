import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Announcer } from "../../app/web/static/announcer.js";
import { VirtualTime } from "./virtual-time.js";

let time;
let said;
let announcer;

beforeEach(() => {
  time = new VirtualTime();
  said = [];
  globalThis.HTMLElement = class {
    set textContent(text) {
      said.push(text);
    }
  };
  const region = new globalThis.HTMLElement();
  globalThis.document = { getElementById: () => region };
  announcer = new Announcer();
});

afterEach(() => {
  time.restore();
  delete globalThis.document;
  delete globalThis.HTMLElement;
});

const reps = (count) => announcer.state({ reps: count, step: null });

test("reps are said when they are counted, not when the page comes late", () => {
  reps(3);
  assert.deepEqual(said, []);
  reps(4);
  assert.deepEqual(said, ["4 reps"]);
});

test("one rep is no plural, and taking one back is not said", () => {
  reps(0);
  reps(1);
  reps(0);
  assert.deepEqual(said, ["1 rep"]);
});

test("of what happens in quick succession the latest of each kind is said, after a pause", async () => {
  reps(0);
  reps(1);
  reps(2);
  announcer.now({ contacts: { sacrum: "lost", upper_back: "held" } });
  reps(3);
  assert.deepEqual(said, ["1 rep"]);
  await time.pass(1499);
  assert.deepEqual(said, ["1 rep"]);
  await time.pass(1);
  assert.deepEqual(said.slice(1), ["Contact lost: sacrum. 3 reps"]);
});

test("a contact that stays lost is said once, and again when it was held between", async () => {
  const lost = { contacts: { sacrum: "lost" } };
  for (let frame = 0; frame < 50; frame += 1) announcer.now(lost);
  await time.pass(5000);
  announcer.now({ contacts: { sacrum: "held" } });
  announcer.now(lost);
  assert.deepEqual(said, ["Contact lost: sacrum", "Contact lost: sacrum"]);
});

test("a step is said with its problem, once for as long as it stays the same", async () => {
  const step = { say: "Stand still.", problem: "You moved." };
  announcer.state({ reps: 0, step });
  announcer.state({ reps: 0, step });
  await time.pass(5000);
  announcer.state({ reps: 0, step: { ...step, problem: "" } });
  assert.deepEqual(said, ["You moved. Stand still.", "Stand still."]);
});

test("why nothing is judged is said once, and before a calibration the step says what to do", async () => {
  const told = { why: "the sensors' clocks are too far apart", todo: "Wait a minute." };
  announcer.now({ contacts: {}, told });
  assert.deepEqual(said, []);
  for (let frame = 0; frame < 50; frame += 1) announcer.now({ contacts: { sacrum: "unknown" }, told });
  await time.pass(5000);
  assert.deepEqual(said, ["Not judged: the sensors' clocks are too far apart. Wait a minute."]);
});

test("how a set and the practice went is said when they are over, not when the page comes late", async () => {
  const summary = { set: 1, text: "6 reps: 5 held, 1 lost", advice: "Back to the stick." };
  announcer.state({ reps: 6, step: null, summary });
  assert.deepEqual(said, []);
  announcer.state({ reps: 0, step: null, summary: null });
  announcer.state({ reps: 0, step: null, summary: { ...summary, set: 2 } });
  announcer.state({ reps: 0, step: null, summary: { ...summary, set: 2 } });
  await time.pass(5000);
  const end = { sentence: "Contact was kept in 11 of 12 reps.", work_on: "Rounding. Stop at a hinge of 50°." };
  announcer.state({ reps: 0, step: null, end });
  assert.deepEqual(said, [
    "Set 2: 6 reps: 5 held, 1 lost. Back to the stick.",
    "Contact was kept in 11 of 12 reps. Rounding. Stop at a hinge of 50°.",
  ]);
});
