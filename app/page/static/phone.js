// The phone as a sensor: asks for the motion, sends it in small batches, and says when something is in the way.

import { isKeptAwake, keepAwake } from "./awake.js";
import { KEY_REFUSED, post } from "./connection.js";
import { byId, setText, show, words } from "./dom.js";
import { MotionQueue, Rate, platformOf, rowOf } from "./motion.js";

const SEND_EVERY_MS = 50;
const SHOW_EVERY_MS = 250;
const FIRST_EVENT_WITHIN_MS = 2000;
const ANSWER_WITHIN_MS = 5000;
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 2000;
const HIDDEN_TOLD_MS = 500; // shorter than this nothing was missed
const SURE_WITHIN_MS = 4000; // a second press on Stop; the first may be the strap's

const PROBLEMS = {
  refused:
    "The phone does not let this page see its motion. On an iPhone: close this page, open it again, press Start and choose Allow. " +
    "If no question comes, clear this site's data in Settings, Safari, and try again.",
  no_sensor:
    "No motion comes from this device. Is it a phone? On Android look in the browser's site settings whether motion sensors are allowed, then press Start again.",
  insecure:
    "Browsers give motion only to pages with https. Open the address that starts with https, as the program shows it.",
  key_refused: KEY_REFUSED,
};

if (location.search) history.replaceState(null, "", location.pathname);

const queue = new MotionQueue();
const rate = new Rate();
const platform = platformOf(navigator);
const PAGE = crypto.getRandomValues(new Uint32Array(2)).join("-"); // another one each time the page is loaded

let sent = 0;
let seen = 0;
let number = 0;
let sending = false;
let wait_ms = 0;
let retry_at_ms = 0;
let hiddenSince_ms = 0;
let timers = [];
let stopAsked_ms = -Infinity;

function setState(state) {
  document.body.dataset.state = state;
  setText(byId("problem"), PROBLEMS[state] ?? "");
  show(byId("problem"), state in PROBLEMS);
  const running = state === "running";
  show(byId("start-button"), !running && state !== "key_refused");
  show(byId("stop-button"), running);
  show(byId("figures"), running || sent > 0);
  keepAwake(running);
}

const isRunning = () => document.body.dataset.state === "running";

// --- starting and stopping ---

async function start() {
  if (!window.isSecureContext) return fail("insecure");
  if (typeof DeviceMotionEvent === "undefined") return fail("no_sensor");
  setState("asking");
  if (typeof DeviceMotionEvent.requestPermission === "function") {
    // iOS asks the person, and only within a tap: nothing may be waited for before this line
    const answer = await DeviceMotionEvent.requestPermission().catch(() => "denied");
    if (answer !== "granted") return fail("refused", "permission_refused");
  }
  seen = 0;
  window.addEventListener("devicemotion", hear);
  setState("running");
  tellServer("started");
  timers = [
    setInterval(send, SEND_EVERY_MS),
    setInterval(showFigures, SHOW_EVERY_MS),
    setTimeout(() => seen === 0 && fail("no_sensor", "no_sensor"), FIRST_EVENT_WITHIN_MS),
  ];
}

function stop(state = "stopped") {
  window.removeEventListener("devicemotion", hear);
  for (const timer of timers) clearInterval(timer);
  timers = [];
  setState(state);
  showFigures();
}

function fail(state, kind = "") {
  stop(state);
  if (kind) tellServer(kind);
}

function askToStop() {
  const now_ms = performance.now();
  if (now_ms - stopAsked_ms < SURE_WITHIN_MS) {
    stop();
    setText(byId("say"), "Stopped. This phone measures nothing any more.");
    return;
  }
  stopAsked_ms = now_ms;
  setText(byId("stop-button"), "Press again to stop");
  setTimeout(() => setText(byId("stop-button"), "Stop"), SURE_WITHIN_MS);
}

// --- measuring and sending ---

function hear(event) {
  const row = rowOf(event, performance.now());
  if (row === null) return;
  seen += 1;
  rate.add(row[0]);
  queue.add(row);
}

/** One batch at a time: on a slow network batches grow instead of overtaking each other. */
async function send() {
  if (sending || queue.rows.length === 0 || performance.now() < retry_at_ms) return;
  sending = true;
  const events = queue.batch();
  try {
    const answer = await post("/phone/motion", messageOf(events), { withinMs: ANSWER_WITHIN_MS });
    queue.done(events);
    sent += events.length;
    wait_ms = 0;
    setText(byId("link"), "good");
    showAnswer(answer);
  } catch (error) {
    trouble(error, events);
  } finally {
    sending = false;
  }
}

function trouble(error, events) {
  if (error.refused) return stop("key_refused");
  if (error.status >= 400 && error.status < 500 && error.status !== 429) {
    // sent again it would be refused again
    queue.done(events);
    queue.dropped += events.length;
    setText(byId("say"), error.message);
  }
  setText(byId("link"), "lost");
  wait_ms = Math.min(Math.max(2 * wait_ms, FIRST_WAIT_MS), LONGEST_WAIT_MS);
  retry_at_ms = performance.now() + wait_ms;
}

function showAnswer(answer) {
  if (!answer || document.body.dataset.state === "stopped") return;
  if (answer.placement) setText(byId("placement"), words(answer.placement));
  if (answer.say !== undefined) setText(byId("say"), answer.say);
}

/** What one message says; the program tells by its number whether one is missing or came twice. */
function messageOf(events, more = {}) {
  number += 1;
  return { v: 1, page: PAGE, n: number - 1, platform, events, hidden: document.hidden, ...more };
}

/** A message without movement: what has become of this page, and to learn what the phone is to be. */
async function tellServer(kind = "") {
  try {
    const message = messageOf([], { denied: kind === "permission_refused" });
    // a page that is being hidden may be frozen at once: the browser is asked to send this all the same
    showAnswer(await post("/phone/motion", message, { withinMs: ANSWER_WITHIN_MS, keepalive: kind === "hidden" }));
  } catch (error) {
    if (error.refused) stop("key_refused");
    // otherwise the next batch tries the connection again
  }
}

// --- what is shown ---

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
    if (isRunning()) tellServer("hidden");
    return;
  }
  tellServer("visible");
  const hidden_ms = Date.now() - hiddenSince_ms;
  if (!isRunning() || !hiddenSince_ms || hidden_ms < HIDDEN_TOLD_MS) return;
  setText(
    byId("problem"),
    `This page was hidden for ${Math.max(1, Math.round(hidden_ms / 1000))} s. Nothing was measured meanwhile. Keep it in front.`,
  );
  show(byId("problem"), true);
}

byId("start-button").addEventListener("click", start);
byId("stop-button").addEventListener("click", askToStop);
document.addEventListener("visibilitychange", hiddenOrBack);

setState(window.isSecureContext ? "ready" : "insecure");
tellServer("visible"); // the answer says which sensor this phone is to be
