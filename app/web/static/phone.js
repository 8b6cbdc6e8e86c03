// The phone as a sensor: asks for the motion, sends it in small messages, and says when something is in the way.
// What is sent, and when, is told in sensors/drivers/device_motion.py.

import { isKeptAwake, keepAwake } from "./awake.js";
import { KEY_REFUSED, PostError, post } from "./connection.js";
import { byId, setText, show, words } from "./dom.js";
import { MotionQueue, platformOf, Rate, rowOf } from "./motion.js";

/** @import { Row } from "./motion.js" */
/** @typedef {"ready" | "asking" | "running" | "refused" | "no_sensor" | "insecure" | "key_refused" | "stopped" | "over"} PhoneState */
/** @typedef {{ placement: string, state: string, say: string }} Answer see app/web/sensor_phones.py */
/** @typedef {{ requestPermission?: () => Promise<string> }} AsksFirst iOS has it beside the standard */
/** @typedef {ReturnType<typeof setTimeout>} Timer */

const SHOW_EVERY_MS = 250;
const MOTION_WITHIN_MS = 2000;
const ANSWER_WITHIN_MS = 2000; // later the link is lost anyway
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 1000;
const HIDDEN_TOLD_MS = 500; // shorter than this nothing was missed
const SURE_WITHIN_MS = 4000; // a second press on Stop; the first may be the strap's

/** @type {Partial<Record<PhoneState, string>>} */
const PROBLEMS = {
  refused:
    "This page may not see how the phone moves. Close it, scan the code again, press Start and choose Allow. " +
    "If no question comes, clear this site's data in Settings, Safari, first.",
  no_sensor:
    "No motion comes from this device. Is it a phone? Look in the browser's site settings whether motion sensors are allowed, " +
    "then press Start again.",
  insecure:
    "Browsers give motion only to pages with https. Open the address that starts with https, as the program shows it.",
  key_refused: KEY_REFUSED,
};

const UNREACHED = "The program cannot be reached. Measuring goes on by itself when the connection is back.";

if (location.search) history.replaceState(null, "", location.pathname);

const queue = new MotionQueue();
const rate = new Rate();
const platform = platformOf(navigator);
const PAGE = crypto.getRandomValues(new Uint32Array(2)).join("-"); // another one each time the page is loaded

let sent = 0;
let number = 0;
let sending = false;
let wait_ms = 0;
let retry_at_ms = 0;
let hiddenSince_ms = 0;
/** @type {Timer | undefined} */
let figures;
/** @type {Timer | undefined} */
let awaited;
let stopAsked_ms = -Infinity;

/** @param {PhoneState} state */
function setState(state) {
  document.body.dataset.state = state;
  showProblem(PROBLEMS[state] ?? "");
  if (state in PROBLEMS) setText(byId("say"), "");
  const running = state === "running";
  show(byId("start-button"), !running && state !== "key_refused" && state !== "over");
  show(byId("stop-button"), running);
  show(byId("figures"), running || sent > 0);
  keepAwake(running);
}

/** @param {string} sentence */
function showProblem(sentence) {
  setText(byId("problem"), sentence);
  show(byId("problem"), sentence !== "");
}

const isRunning = () => document.body.dataset.state === "running";

// --- starting and stopping ---

async function start() {
  if (!window.isSecureContext) return stop("insecure");
  if (typeof DeviceMotionEvent === "undefined") return fail("no_sensor", { silent: true });
  setState("asking");
  const asksFirst = /** @type {AsksFirst} */ (DeviceMotionEvent);
  if (asksFirst.requestPermission) {
    // iOS asks the person, and only within a tap: nothing may be waited for before this line
    const answer = await asksFirst.requestPermission().catch(() => "denied");
    if (answer !== "granted") return fail("refused", { denied: true });
  }
  queue.drop();
  window.addEventListener("devicemotion", hear);
  figures = setInterval(showFigures, SHOW_EVERY_MS);
  setState("running");
  awaitMotion();
}

/** No event at all means that there is no sensor, or that it may not be used. */
function awaitMotion() {
  clearTimeout(awaited);
  awaited = setTimeout(() => {
    if (!document.hidden) fail("no_sensor", { silent: true });
  }, MOTION_WITHIN_MS);
}

/** @param {PhoneState} state */
function stop(state) {
  window.removeEventListener("devicemotion", hear);
  clearInterval(figures);
  clearTimeout(awaited);
  setState(state);
  showFigures();
}

/**
 * @param {PhoneState} state
 * @param {object} told
 */
function fail(state, told) {
  stop(state);
  tellProgram(told);
}

function askToStop() {
  const now_ms = performance.now();
  if (now_ms - stopAsked_ms < SURE_WITHIN_MS) {
    stop("stopped");
    setText(byId("say"), "Stopped. This phone no longer measures anything.");
    return;
  }
  stopAsked_ms = now_ms;
  setText(byId("stop-button"), "Press again to stop");
  setTimeout(() => setText(byId("stop-button"), "Stop"), SURE_WITHIN_MS);
}

// --- measuring and sending ---

/** @param {DeviceMotionEvent} event */
function hear(event) {
  const row = rowOf(event, performance.now());
  if (row === null) return;
  clearTimeout(awaited);
  rate.add(row[0]);
  queue.add(row);
  if (queue.due && !sending && performance.now() >= retry_at_ms) send();
}

/** One message at a time: on a slow network messages grow instead of overtaking each other. */
async function send() {
  sending = true;
  const events = queue.batch();
  try {
    const answer = await post("/phone/motion", messageOf(events), { withinMs: ANSWER_WITHIN_MS });
    queue.done(events);
    sent += events.length;
    wait_ms = 0;
    showLink("good");
    showAnswer(answer, ["running"]);
  } catch (error) {
    if (!(error instanceof PostError)) throw error;
    trouble(error, events);
  } finally {
    sending = false;
  }
}

/**
 * @param {PostError} error
 * @param {Row[]} events
 */
function trouble(error, events) {
  if (error.refused) return stop("key_refused");
  if (error.status >= 400 && error.status < 500 && error.status !== 429) {
    // sent again it would be refused again
    queue.done(events);
    queue.dropped += events.length;
  }
  showLink("lost");
  if (isRunning()) setText(byId("say"), error.status ? error.message : UNREACHED);
  wait_ms = Math.min(Math.max(2 * wait_ms, FIRST_WAIT_MS), LONGEST_WAIT_MS);
  retry_at_ms = performance.now() + wait_ms;
}

/**
 * @param {Answer | null} answer null where it was cut off on its way
 * @param {PhoneState[]} sayIn
 */
function showAnswer(answer, sayIn) {
  if (answer === null) return;
  const { placement, state, say } = answer;
  setText(byId("placement"), words(placement));
  if (state === "stopped") stop("over");
  if (/** @type {unknown[]} */ ([...sayIn, "over"]).includes(document.body.dataset.state)) setText(byId("say"), say);
}

/**
 * @param {Row[]} events
 * @param {object} more
 */
function messageOf(events, more = {}) {
  number += 1;
  return { v: 1, page: PAGE, n: number - 1, platform, events, ...more };
}

/** A message without movement: what has become of this page. The answer says what the phone is to be. */
async function tellProgram(more = {}) {
  try {
    const options = { withinMs: ANSWER_WITHIN_MS, keepalive: document.hidden }; // a hidden page may be frozen at once
    showAnswer(await post("/phone/motion", messageOf([], more), options), ["ready", "asking"]);
  } catch (error) {
    if (!(error instanceof PostError)) throw error;
    if (error.refused) stop("key_refused");
    else setText(byId("say"), error.message);
  }
}

// --- what is shown ---

/** @param {"good" | "lost"} link */
function showLink(link) {
  document.body.dataset.link = link;
  setText(byId("link"), link);
}

function showFigures() {
  const now_ms = performance.now();
  setText(byId("rate"), `${Math.round(rate.hz(now_ms))} Hz`);
  setText(byId("sent"), sent);
  setText(byId("waiting"), queue.rows.length);
  setText(byId("dropped"), queue.dropped);
  setText(byId("awake"), isKeptAwake() ? "stays on" : "may go dark");
}

function hiddenOrBack() {
  if (document.hidden) {
    hiddenSince_ms = Date.now();
    if (isRunning()) tellProgram({ hidden: true });
    return;
  }
  tellProgram();
  if (!isRunning()) return;
  awaitMotion(); // some browsers give none any more
  const hidden_ms = Date.now() - hiddenSince_ms;
  if (hidden_ms < HIDDEN_TOLD_MS) return;
  const seconds = Math.max(1, Math.round(hidden_ms / 1000));
  showProblem(`This page was hidden for ${seconds} s. Nothing was measured meanwhile. Keep it in front.`);
}

byId("start-button").addEventListener("click", start);
byId("stop-button").addEventListener("click", askToStop);
document.addEventListener("visibilitychange", hiddenOrBack);

setState(window.isSecureContext ? "ready" : "insecure");
tellProgram(); // the answer says which sensor this phone is to be
