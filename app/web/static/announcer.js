// What a screen reader says: counts, losses of contact, what to do. A sentence now and then, not 25 a second.

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

  /** @param {Pick<State, "reps" | "step">} state */
  state(state) {
    if (this.#reps !== null && state.reps > this.#reps)
      this.#say("reps", `${state.reps} rep${state.reps === 1 ? "" : "s"}`);
    this.#reps = state.reps;
    const { say = "", problem = "" } = state.step ?? {};
    const asked = [problem, say].filter(Boolean).join(" ");
    if (asked && asked !== this.#asked) this.#say("step", asked);
    this.#asked = asked;
  }

  /** @param {Pick<Now, "contacts">} now */
  now({ contacts }) {
    const { state, points } = worstContact(contacts);
    const lost = state === "lost" ? points.map(words).join(" and ") : "";
    if (lost && lost !== this.#lost) this.#say("contact", `Contact lost: ${lost}`);
    this.#lost = lost;
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
