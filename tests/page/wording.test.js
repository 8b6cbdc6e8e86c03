import assert from "node:assert/strict";
import { test } from "node:test";
import { plain, words } from "../../app/web/static/dom.js";
import * as wording from "../../app/web/static/wording.js";

const REP = {
  name: "3",
  verdict: "lost",
  why: "sacrum 14.2° off",
  peak: "-14.2",
  tempo: "2.5-0.5-1.8",
  depth_deg: 68.6,
  movement: "hinge",
  tap: "",
  todo: "",
};
const STATE = { step: null, over: false, calibrating: false, sensors: [{}] };
const STEP = { title: "", say: "", number: 0, count: 0, problem: "", asking: false };

test("text from anywhere cannot turn or hide what stands beside it", () => {
  assert.equal(plain("a\u202eb\u0000\u0007c"), "a b c");
  assert.equal(plain(null), "");
  assert.equal(words("upper_back_left"), "upper back left");
});

test("the worst of the points decides", () => {
  const worst = (contacts) => wording.worstContact(contacts);
  assert.deepEqual(worst({ sacrum: "held", upper_back: "lost", head: "near" }), {
    state: "lost",
    points: ["upper_back"],
  });
  assert.deepEqual(worst({ sacrum: "near", upper_back: "near" }).points, ["sacrum", "upper_back"]);
  assert.deepEqual(worst({ sacrum: "unknown" }), { state: "unknown", points: [] });
  assert.deepEqual(worst(undefined), { state: "unknown", points: [] });
});

test("the lines below it say where and how, why nothing is judged, and the one thing to do", () => {
  const lines = (state, points, now) => [wording.contactWhere({ state, points }, now), wording.contactTodo(now)];
  const two = { sacrum: "held", upper_back: "held", head: "unmeasured" };
  assert.deepEqual(lines("lost", ["sacrum"], { contacts: two, told: { why: "rounded", todo: "hips back" } }), [
    "sacrum: rounded",
    "hips back",
  ]);
  const held = { why: "", todo: "" };
  assert.deepEqual(lines("held", ["sacrum", "upper_back"], { contacts: two, told: held }), [
    "sacrum + upper back",
    "head not measured",
  ]);
  const three = { sacrum: "held", upper_back: "held", head: "held" };
  assert.deepEqual(lines("held", Object.keys(three), { contacts: three, told: held }), ["all points", ""]);
  assert.deepEqual(lines("held", ["floor"], { contacts: { floor: "held" }, told: held }), ["floor", ""]);
  const why = { why: "not calibrated", todo: "Calibrate first." };
  assert.deepEqual(lines("unknown", [], { told: why }), ["not calibrated", "Calibrate first."]);
  assert.deepEqual(lines("unknown", [], {}), ["", ""], "before the first frame");
});

test("a sensor's figures are there where they are known, and marked where they need attention", () => {
  const figures = (sensor) => wording.sensorFigures(sensor).map(({ text, bad }) => (bad ? `${text} !` : text));
  assert.deepEqual(figures({}), []);
  const good = { battery_pct: 15, rate_hz: 104, asked_rate_hz: 100, gaps: 0, clock_ms: 3.4, rssi_dbm: -61 };
  assert.deepEqual(figures(good), ["battery 15 %", "104 Hz", "-61 dBm", "±3 ms"]);
  assert.deepEqual(figures({ battery_pct: 14.4, rate_hz: 94, asked_rate_hz: 100, gaps: 1 }), [
    "battery 14 % !",
    "94 Hz !",
    "1 gap !",
  ]);
  assert.deepEqual(figures({ rate_hz: 99.4, lost: 120, settling: true, gaps: 0 }), [
    "99 Hz",
    "120 lost !",
    "settling !",
  ]);
  assert.deepEqual(figures({ rate_hz: 50, asked_rate_hz: null, gaps: 2 }), ["50 Hz", "2 gaps !"]);
});

test("degrees have a minus that can be told from a hyphen, and no sign at nothing", () => {
  assert.equal(wording.degrees(-3.26, { sign: true, digits: 1 }), "\u22123.3°");
  assert.equal(wording.degrees(3.26, { sign: true, digits: 1 }), "+3.3°");
  assert.equal(wording.degrees(-0.04, { sign: true, digits: 1 }), "0.0°");
  assert.equal(wording.degrees(71.5), "72°");
  assert.equal(wording.degrees(null), "-");
  assert.equal(wording.degrees(Number.NaN), "-");
});

test("the clock has hours when it needs them", () => {
  assert.deepEqual([0, 59.9, 61, 3599, 3600, 36061].map(wording.clockText), [
    "0:00",
    "0:59",
    "1:01",
    "59:59",
    "1:00:00",
    "10:01:01",
  ]);
  assert.equal(wording.clockText(-1), "0:00");
  assert.equal(wording.clockText(undefined), "0:00");
});

test("the tempo is that of the rep under way, else of the last one", () => {
  const phase = { name: "bottom", lowering_s: 2.5, bottom_s: 0.3, rising_s: 0 };
  assert.deepEqual(wording.tempoTexts(phase, [REP]), ["2.5", "0.3", "0.0"]);
  assert.deepEqual(wording.tempoTexts(null, [REP]), ["2.5", "0.5", "1.8"]);
  assert.deepEqual(wording.tempoTexts(null, []), ["-", "-", "-"]);
  assert.deepEqual(wording.tempoTexts(null, [{ tempo: "" }]), ["-", "-", "-"]);
});

test("a rep is told with all that is known of it and nothing else", () => {
  assert.equal(
    wording.repDetail(REP),
    "Rep 3 lost: sacrum 14.2° off · peak \u221214.2° · depth 69° · tempo 2.5-0.5-1.8 s · hinge",
  );
  const bare = { ...REP, name: "slump", verdict: "not_judged", why: "", peak: "", tempo: "", depth_deg: null };
  assert.equal(wording.repDetail({ ...bare, movement: "" }), "Slump not judged");
});

test("a summary is read from afar to its first semicolon", () => {
  assert.deepEqual(wording.headAndRest("6 reps, 5 held; rep 2: sacrum off; rest"), [
    "6\u00a0reps, 5\u00a0held",
    "rep 2: sacrum off; rest",
  ]);
  assert.deepEqual(wording.headAndRest("3 reps, none held."), ["3\u00a0reps, none\u00a0held.", ""]);
});

test("what the summary's card says is no message beside it", () => {
  const messages = [
    { text: "Set 1: 3 reps, 3 held.", warning: false },
    { text: "Noted.", warning: false },
  ];
  const left = wording.messagesBeside({ messages, summary: { text: "3 reps, 3 held." } });
  assert.deepEqual(left, [messages[1]]);
  assert.deepEqual(wording.messagesBeside({ messages, summary: null }), messages);
});

test("a step fills the page while nothing else can go on", () => {
  assert.equal(wording.stepFillsPage(STATE), false);
  assert.equal(wording.stepFillsPage({ ...STATE, step: STEP }), false, "a hint");
  assert.equal(wording.stepFillsPage({ ...STATE, step: STEP, calibrating: true }), true);
  assert.equal(wording.stepFillsPage({ ...STATE, step: { ...STEP, asking: true } }), true);
  assert.equal(wording.stepFillsPage({ ...STATE, step: { ...STEP, count: 3 } }), true);
  assert.equal(wording.stepFillsPage({ ...STATE, step: STEP, sensors: [] }), true);
  assert.equal(wording.stepFillsPage({ ...STATE, step: STEP, calibrating: true, over: true }), false);
});

test("a load is a number of kilograms, with a comma or a point, within what the program takes", () => {
  const range = { least: 0, most: 600 };
  assert.deepEqual(wording.parseLoad(" 62,5 ", range), { load_kg: 62.5 });
  assert.deepEqual(wording.parseLoad("600", range), { load_kg: 600 });
  assert.match(wording.parseLoad("600", { least: 0, most: 500 }).problem, /between 0 and 500 kg/);
  for (const text of ["", "a lot", "1,5,0", "Infinity"]) {
    assert.deepEqual(wording.parseLoad(text, range), { problem: "Give the load as a number, in kg." }, text);
  }
  for (const text of ["-1", "600.1"]) {
    assert.deepEqual(wording.parseLoad(text, range), { problem: "A load is between 0 and 600 kg." }, text);
  }
});

test("a distance to the wall is a number of centimetres, within what the program takes", () => {
  const range = { least: 0, most: 100 };
  assert.deepEqual(wording.parseWall("27,54", range), { wall_cm: 27.5 });
  assert.deepEqual(wording.parseWall("101", range), { problem: "A distance is between 0 and 100 cm." });
  assert.deepEqual(wording.parseWall(" ", range), { problem: "Give the distance as a number, in cm." });
});
