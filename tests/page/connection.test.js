import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import {
  askUntilThere,
  Connection,
  DEAD_MS,
  KEY_REFUSED,
  PostError,
  post,
  SILENT_MS,
} from "../../app/web/static/connection.js";
import { VirtualTime } from "./virtual-time.js";

/** The browser's side of a stream, as far as the page uses it. */
class Stream extends EventTarget {
  static CLOSED = 2;
  readyState = 1;

  constructor() {
    super();
    streams.push(this);
  }

  close() {
    this.readyState = Stream.CLOSED;
  }

  tell(kind, data) {
    this.dispatchEvent(Object.assign(new Event(kind), { data: JSON.stringify(data) }));
  }

  /** As after an answer that is no stream: the browser tries no more by itself. */
  giveUp() {
    this.readyState = Stream.CLOSED;
    this.dispatchEvent(new Event("error"));
  }
}

const REAL_FETCH = globalThis.fetch;
let time;
let streams;
let told;
let connection;
let answer;

beforeEach(() => {
  time = new VirtualTime();
  [streams, told] = [[], []];
  answer = () => new Response("", { status: 500 });
  globalThis.fetch = async () => answer();
  globalThis.EventSource = Stream;
  globalThis.window = new EventTarget();
  globalThis.document = Object.assign(new EventTarget(), { hidden: false });
  connection = new Connection({
    state: (data) => told.push(["state", data]),
    now: (data) => told.push(["now", data]),
    cue: (data) => told.push(["cue", data]),
    end: () => told.push(["end"]),
    status: (status, sentence) => told.push([status, sentence]),
    fresh: () => told.push(["fresh"]),
  });
});

afterEach(() => {
  time.restore();
  globalThis.fetch = REAL_FETCH;
  for (const name of ["EventSource", "window", "document"]) delete globalThis[name];
});

const latest = () => streams.at(-1);
const statuses = () =>
  told.filter(([what]) => ["live", "lost", "refused", "over"].includes(what)).map(([what]) => what);

/** Frames for so long, as the program sends them. */
async function live(ms) {
  for (let passed_ms = 0; passed_ms < ms; passed_ms += 40) {
    await time.pass(40);
    latest().tell("now", { t: 0, trace: [] });
  }
}

test("what comes is handed on, and the first of it says that the stream lives", () => {
  connection.start();
  latest().tell("state", { reps: 3 });
  latest().tell("cue", { kind: "tick" });
  assert.deepEqual(told, [["fresh"], ["live", ""], ["state", { reps: 3 }], ["cue", { kind: "tick" }]]);
});

test("half a frame, cut off in transit, is left out", () => {
  connection.start();
  latest().dispatchEvent(Object.assign(new Event("now"), { data: '{"t":1,"tr' }));
  latest().tell("now", { t: 2 });
  assert.deepEqual(told.at(-1), ["now", { t: 2 }]);
});

test("silence is said after three seconds, and after six the page connects anew", async () => {
  connection.start();
  await live(2000);
  await time.pass(SILENT_MS - 100);
  assert.deepEqual(statuses(), ["live"]);
  await time.pass(1100);
  assert.deepEqual(statuses(), ["live", "lost"]);
  assert.equal(streams.length, 1);
  await time.pass(DEAD_MS - SILENT_MS + 600);
  assert.equal(streams.length, 2);
  latest().tell("now", { t: 9 });
  assert.deepEqual(statuses(), ["live", "lost", "live"]);
});

test("a page that stood still itself does not take that for a lost connection", async () => {
  connection.start();
  await live(2000);
  time.stall(SILENT_MS + 1500); // what came meanwhile lies in the line: the timer is due before it is heard
  await time.pass(0);
  latest().tell("now", { t: 7 });
  await live(3000);
  assert.deepEqual(statuses(), ["live"]);
});

test("after sleep it begins anew instead of hearing a flood of what was", async () => {
  connection.start();
  await live(1000);
  time.stall(60_000);
  latest().tell("now", { t: 1 });
  assert.equal(streams.length, 2);
  assert.equal(streams[0].readyState, Stream.CLOSED);
  assert.notDeepEqual(told.at(-1), ["now", { t: 1 }]);
});

test("a program that is gone is tried at growing intervals, at most every ten seconds, and at once when it is back", async () => {
  connection.start();
  latest().tell("now", { t: 1 });
  const begun_ms = [];
  for (let count = 0; count < 8; count += 1) {
    latest().giveUp();
    const before = streams.length;
    const from_ms = time.now_ms;
    while (streams.length === before) await time.pass(100);
    begun_ms.push(time.now_ms - from_ms);
  }
  assert.deepEqual(begun_ms, [500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  latest().tell("now", { t: 2 });
  latest().giveUp();
  await time.pass(500);
  assert.equal(streams.length, 10, "after a frame the wait is short again");
});

test("a key that is no longer valid is said, and nothing is tried any more", async () => {
  connection.start();
  answer = () => new Response("", { status: 401 });
  latest().giveUp();
  await time.pass(30_000);
  assert.deepEqual(told.at(-1), ["refused", KEY_REFUSED]);
  assert.equal(streams.length, 1);
});

test("why the program lets nobody in is said in its own words", async () => {
  connection.start();
  answer = () => new Response(JSON.stringify({ error: "Too many viewers." }), { status: 503 });
  latest().giveUp();
  await time.pass(100);
  assert.deepEqual(told.at(-1), ["lost", "Too many viewers."]);
});

test("the end is the end", async () => {
  connection.start();
  latest().tell("now", { t: 1 });
  latest().tell("end", {});
  await time.pass(30_000);
  assert.deepEqual(told.slice(-2), [["over", ""], ["end"]]);
  assert.equal(streams.length, 1);
});

test("a stream that breaks when the session is over was its end", () => {
  connection.start();
  connection.ending = true;
  latest().giveUp();
  assert.deepEqual(statuses(), ["over"]);
});

test("the network is back: nobody waits for the next try", async () => {
  connection.start();
  latest().tell("now", { t: 1 });
  latest().giveUp();
  await time.pass(SILENT_MS + 4000);
  const before = streams.length;
  globalThis.window.dispatchEvent(new Event("online"));
  assert.equal(streams.length, before + 1);
});

test("a page that is left closes its stream, and opens one when it is come back to", () => {
  connection.start();
  globalThis.window.dispatchEvent(new Event("pagehide"));
  assert.equal(latest().readyState, Stream.CLOSED);
  globalThis.window.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  assert.equal(streams.length, 2);
});

test("what is posted gives the program's answer, or its reason", async () => {
  answer = () => new Response(JSON.stringify({ revision: 3 }), { status: 200 });
  assert.deepEqual(await post("/cues", {}), { revision: 3 });
  answer = () => new Response(null, { status: 204 });
  assert.equal(await post("/do", {}), null);
  answer = () => new Response(JSON.stringify({ error: "There is no rep to take back." }), { status: 400 });
  await assert.rejects(post("/do", {}), { message: "There is no rep to take back.", status: 400, refused: false });
  answer = () => new Response("<html>", { status: 502 });
  await assert.rejects(post("/do", {}), { message: "The program answered with error 502." });
  answer = () => new Response("", { status: 403 });
  await assert.rejects(post("/do", {}), { message: KEY_REFUSED, refused: true });
  answer = () => {
    throw new TypeError("network");
  };
  await assert.rejects(post("/do", {}), (error) => error instanceof PostError && error.status === 0);
});

test("what failed is asked for again until it is there", async () => {
  const answers = [new Response("", { status: 500 }), new Response("no JSON"), Response.json({ reps: [1] })];
  answer = () => answers.shift();
  const asked = askUntilThere("/timeline", () => true);
  await time.pass(5000);
  assert.deepEqual(await asked, { reps: [1] });
});

test("what nobody wants any more is not asked for again, and an answer that comes late is none", async () => {
  let wanted = true;
  let times = 0;
  answer = () => {
    times += 1;
    return new Response("", { status: 500 });
  };
  const asked = askUntilThere("/timeline", () => wanted);
  await time.pass(500);
  wanted = false;
  await time.pass(60_000);
  assert.equal(await asked, null);
  assert.equal(times, 1);
  wanted = true;
  answer = () => {
    wanted = false;
    return Response.json({});
  };
  assert.equal(await askUntilThere("/timeline", () => wanted), null);
});
