// A helper watches a real rod: three areas, held down as long as that point is off it. Nothing here tells a verdict.

import { keepAwake } from "./awake.js";
import { KEY_REFUSED, PostError, post } from "./connection.js";
import { byId, setText } from "./dom.js";
import { Presses } from "./presses.js";

/** @typedef {"waiting" | "recording" | "lost" | "refused"} HelperState */
/** @typedef {{ name: string, recording: boolean, heard: number }} Answer see app/web/helpers.py */

const EVERY_MS = 500;
const ANSWER_WITHIN_MS = 2000;
/** @type {Record<string, string>} */
const KEYS = { 1: "head", 2: "upper_back", 3: "sacrum", h: "head", u: "upper_back", s: "sacrum" };
/** @type {Record<HelperState, string>} */
const SAYS = {
  waiting: "The session has not begun.",
  recording: "Recording what you hold.",
  lost: "Connection lost. What you press is kept and sent when it is back.",
  refused: KEY_REFUSED,
};

if (location.search) history.replaceState(null, "", location.pathname);

const page = crypto.getRandomValues(new Uint32Array(2)).join("-");
const presses = new Presses(page, () => performance.now());
const areas = [...document.querySelectorAll(".contact")].filter((each) => each instanceof HTMLElement);
let sending = false;
let again = false;

/** @param {HelperState} state */
function setState(state) {
  document.body.dataset.state = state;
  setText(byId("say"), SAYS[state]);
}

/**
 * @param {string} contact
 * @param {boolean} off
 * @param {number} at_ms
 */
function tell(contact, off, at_ms) {
  if (!presses.tell(contact, off, at_ms)) return;
  for (const area of areas) area.setAttribute("aria-pressed", String(presses.held.has(area.dataset.contact ?? "")));
  setText(byId("presses"), `${presses.presses} ${presses.presses === 1 ? "press" : "presses"}`);
  send();
}

async function send() {
  if (sending) {
    again = true; // what was pressed meanwhile goes at once after it
    return;
  }
  sending = true;
  const began_ms = performance.now();
  try {
    const answer = /** @type {Answer} */ (
      await post("/helper/told", presses.message(), { withinMs: ANSWER_WITHIN_MS })
    );
    presses.heard(answer.heard, performance.now() - began_ms);
    setText(byId("name"), answer.name);
    setText(byId("latency"), `${Math.round(presses.roundTrip_ms / 2)} ms to the computer, taken into account`);
    setState(answer.recording ? "recording" : "waiting");
  } catch (error) {
    setState(error instanceof PostError && error.refused ? "refused" : "lost");
  }
  sending = false;
  if (again) {
    again = false;
    send();
  }
}

for (const area of areas) {
  const contact = area.dataset.contact ?? "";
  area.addEventListener("pointerdown", (event) => {
    area.setPointerCapture(event.pointerId);
    tell(contact, true, event.timeStamp);
  });
  for (const end of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
    area.addEventListener(end, (event) => tell(contact, false, event.timeStamp));
  }
  area.addEventListener("contextmenu", (event) => event.preventDefault());
}

/** @param {KeyboardEvent} event */
function contactOf(event) {
  const area = event.target instanceof HTMLElement ? event.target.dataset.contact : undefined;
  return area && (event.key === " " || event.key === "Enter") ? area : KEYS[event.key.toLowerCase()];
}

document.addEventListener("keydown", (event) => {
  const contact = contactOf(event);
  if (!contact || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  if (!event.repeat) tell(contact, true, event.timeStamp);
});
document.addEventListener("keyup", (event) => {
  const contact = contactOf(event);
  if (contact) tell(contact, false, event.timeStamp);
});

/** Whoever looks elsewhere holds nothing: a key that is let go in another window would never be heard of. */
function letGo() {
  for (const contact of [...presses.held]) tell(contact, false, performance.now());
}
window.addEventListener("blur", letGo);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) letGo();
});

keepAwake(true);
setInterval(send, EVERY_MS);
send();
