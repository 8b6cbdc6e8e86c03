// What a screen reader says: counts, losses of contact, why nothing is judged, what to do, how a set and the practice
// went. A sentence now and then, not 25 a second.

import { byId, plain, words } from "./dom.js";
import { worstContact } from "./wording.js";

/** @import { Now, State } from "./frames.js" */

const PAUSE_MS = 1500;

export class Announcer {
  /** @type {{ kind: string, text: string }[]} */
  #waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #lost = "";
  /** @type {number | null} */
  #reps = null;
  #asked = "";
  #unjudged = "";
  /** @type {string | null} */
  #over = null;

  /** @param {Pick<State, "reps" | "step"> & Partial<Pick<State, "summary" | "end">>} state */
  state(state) {
    if (this.#reps !== null && state.reps > this.#reps)
      this.#say("reps", `${state.reps} rep${state.reps === 1 ? "" : "s"}`);
    this.#reps = state.reps;
    const { say = "", problem = "" } = state.step ?? {};
    const asked = [problem, say].filter(Boolean).join(" ");
    if (asked && asked !== this.#asked) this.#say("step", asked);
    this.#asked = asked;
    const set = state.summary
      ? [`Set ${state.summary.set}: ${state.summary.text}`, state.summary.advice].filter(Boolean).join(". ")
      : "";
    const over = [state.end?.sentence, state.end?.work_on].filter(Boolean).join(" ") || set;
    if (over && this.#over !== null && over !== this.#over) this.#say("over", over);
    this.#over = over;
  }

  /** @param {Pick<Now, "contacts"> & Partial<Pick<Now, "told">>} now */
  now({ contacts, told }) {
    const { state, points } = worstContact(contacts);
    const lost = state === "lost" ? points.map(words).join(" and ") : "";
    if (lost && lost !== this.#lost) this.#say("contact", `Contact lost: ${lost}`);
    this.#lost = lost;
    const calibrated = Object.keys(contacts ?? {}).length > 0;
    const unjudged = calibrated && state === "unknown" && told?.why ? `Not judged: ${told.why}. ${told.todo}` : "";
    if (unjudged && unjudged !== this.#unjudged) this.#say("contact", unjudged.trim());
    this.#unjudged = unjudged;
  }

  /**
   * The latest of each kind; what was not yet said of the same kind is out of date.
   * @param {string} kind
   * @param {string} text
   */
  #say(kind, text) {
    this.#waiting = [...this.#waiting.filter((each) => each.kind !== kind), { kind, text: plain(text) }];
    if (!this.#timer) this.#speak();
  }

  #speak() {
    this.#timer = undefined;
    if (!this.#waiting.length) return;
    byId("announcer").textContent = this.#waiting.map(({ text }) => text).join(". ");
    this.#waiting = [];
    this.#timer = setTimeout(() => this.#speak(), PAUSE_MS);
  }
}
