// The live page: what comes from the program is kept, and drawn at most once per picture of the screen.

import { Actions, tell } from "./actions.js";
import { Announcer } from "./announcer.js";
import { keepAwake } from "./awake.js";
import { Connection, KEY_REFUSED } from "./connection.js";
import { all, byId, plain, setAttribute, setText, show } from "./dom.js";
import { Invitation } from "./invitation.js";
import { setUpJudging } from "./judge.js";
import { Lifter } from "./lifter.js";
import { Player } from "./player.js";
import { SessionClock, STALE_MS } from "./session-clock.js";
import { Settings } from "./settings.js";
import { Sound } from "./sound.js";
import { Trace } from "./trace.js";
import { View } from "./view.js";

/** @import { Cue, Now, State } from "./frames.js" */
/** @import { Status } from "./connection.js" */

const CALM_MS = 200; // five pictures a second for who asks for less motion

// the key of the page came in its address; from here on the cookie holds it, and nobody can read it off the screen
if (location.search) history.replaceState(null, "", location.pathname);

const view = new View();
const lifter = new Lifter();
const trace = new Trace();
const announcer = new Announcer();
const clock = new SessionClock();
const sound = new Sound(tellSound);
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

/** @type {State | null} */
let state = null;
/** @type {Now | null} */
let now = null;
let stateIsNew = false;
let asked = false; // for a picture
let drawn_ms = -Infinity;

const connection = new Connection({
  state: hearState,
  now: hearNow,
  cue: hearCue,
  end: hearEnd,
  status: tellStatus,
  fresh,
});
const actions = new Actions({ refused: () => connection.refuse(), state: () => state });
const player = new Player((path, body) => actions.send(path, body));
setUpJudging({ state: () => state, judge: (at_s, verdict) => actions.do({ action: "judge", at_s, text: verdict }) });
const invitation = new Invitation({ refused: () => connection.refuse() });
const settings = new Settings(sound, (cues) => actions.send("/cues", cues));

// --- what comes ---

function fresh() {
  clock.reset();
  sound.silence();
}

/** @param {State} data */
function hearState(data) {
  state = data;
  stateIsNew = true;
  connection.ending = state.over;
  if (state.cues) sound.follow(state.cues);
  sound.hush(state.calibrating);
  keepAwake(!state.over && !state.session.replay);
  if (state.end) tellEnd();
  askForPicture();
}

/** @param {Now} data */
function hearNow(data) {
  now = data;
  const arrival_ms = performance.now();
  clock.frame(now.t, arrival_ms);
  trace.buffer.add(now.trace);
  sound.tone(isStale(now.t) ? null : now.tone);
  askForPicture();
}

/** @param {Cue} cue */
function hearCue(cue) {
  if (!isStale(cue.time_s) || cue.kind === "summary" || cue.kind === "said") sound.cue(cue); // a summary is as true a second later
}

/**
 * A replay runs at another speed than the clock; there nothing is late.
 * @param {number} t_s
 */
function isStale(t_s) {
  return !state?.session.replay && clock.ageMs(t_s, performance.now()) > STALE_MS;
}

function hearEnd() {
  sound.silence();
  keepAwake(false);
}

// --- what is shown ---

function askForPicture() {
  if (asked) return;
  asked = true;
  requestAnimationFrame(draw);
}

/** @param {number} time_ms */
function draw(time_ms) {
  asked = false;
  if (state && stateIsNew) {
    stateIsNew = false;
    view.state(state);
    settings.follow(state.cues ?? {});
    invitation.state(state);
    player.state(state);
    announcer.state(state);
    trace.limits = state.limits;
  }
  if (!now) return;
  view.now(now, state, time_ms);
  player.now(now);
  announcer.now(now);
  if (calm.matches && time_ms - drawn_ms < CALM_MS) return;
  drawn_ms = time_ms;
  lifter.show(now);
  trace.draw();
}

/**
 * @param {Status} status
 * @param {string} sentence
 */
function tellStatus(status, sentence) {
  setAttribute(document.body, "data-connection", status);
  /** @type {Partial<Record<Status, string>>} */
  const sentences = {
    lost: sentence || "Connection lost. Trying again\u2026",
    refused: KEY_REFUSED,
    over: overWords(),
  };
  setText(byId("banner"), sentences[status] ?? "");
  show(byId("banner"), status in sentences);
  if (status === "over" || status === "refused") nothingToDo();
  else if (state?.end) tellEnd();
  if (status === "over") show(byId("end-report"), false); // nobody is there to make it
}

/** The practice is over, and the program is still there for the report. */
function tellEnd() {
  setAttribute(document.body, "data-connection", "over");
  setText(byId("banner"), overWords());
  show(byId("banner"), true);
  nothingToDo();
}

function overWords() {
  if (state?.session.replay) return "The replay is over. To see it again: dowel replay --page, and its name.";
  const file = plain(state?.session.file ?? "");
  return file ? `The session is over. It is kept in ${file}.` : "The practice is over. Nothing was recorded.";
}

function nothingToDo() {
  for (const button of all("#controls button, #player button", HTMLButtonElement)) button.disabled = true;
  for (const dialog of all("dialog[open]:not(#settings-dialog)", HTMLDialogElement)) dialog.close();
  sound.silence();
}

function tellSound() {
  const texts = { locked: "Tap for sound", on: "Sound on", off: "Sound off", missing: "No sound here" };
  const button = byId("sound-button", HTMLButtonElement);
  button.dataset.sound = sound.state;
  button.disabled = sound.state === "missing";
  setText(byId("sound-label"), texts[sound.state]);
}

// --- what is done ---

byId("sound-button").addEventListener("click", () => sound.toggle());
// whoever had the sound on before a reload gets it back with the first touch of anything
for (const gesture of ["pointerup", "keydown"]) {
  document.addEventListener(gesture, ({ target }) => {
    if (!(target instanceof Element && target.closest("#sound-button"))) sound.unlock();
  });
}

window.addEventListener("error", () => tell("Something went wrong on this page. Reload it; the recording goes on."));
window.addEventListener("unhandledrejection", () =>
  tell("Something went wrong on this page. Reload it; the recording goes on."),
);

tellSound();
connection.start();
