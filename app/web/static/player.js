// A replay: where it stands on the timeline of the session, and what can be done. The terminal has the same keys.

import { askUntilThere } from "./connection.js";
import { all, byId, first, make, makeSvg, plain, setAttribute, setText, shapeOf, show } from "./dom.js";
import { clockText } from "./wording.js";

/** @import { Now, State, Timeline } from "./frames.js" */

/** @type {Record<string, string>} */
const KEYS = {
  " ": "pause",
  ArrowLeft: "back",
  ArrowRight: "on",
  ",": "rep_before",
  ".": "rep_after",
  x: "loss",
  a: "again",
  r: "report",
  o: "other",
  q: "stop",
};
const ORDER = ["not_judged", "held", "warned", "lost"]; // where two reps meet, the one that matters lies on top

export class Player {
  #send;
  #told = 0;
  #dragged = false;
  #on = false;
  /** @type {Timeline | null} */
  #timeline = null;
  #at = byId("timeline-at", HTMLInputElement);
  #dialog = byId("other-dialog", HTMLDialogElement);

  /** @param {(path: string, body: unknown) => Promise<unknown>} send */
  constructor(send) {
    this.#send = send;
    for (const button of all("[data-play]", HTMLButtonElement)) {
      button.addEventListener("click", () => this.#do(button.dataset.play ?? ""));
    }
    this.#at.addEventListener("input", () => {
      this.#dragged = true;
      this.#tellTime(Number(this.#at.value));
    });
    this.#at.addEventListener("change", () => {
      this.#dragged = false;
      this.#play("move", { to_s: Number(this.#at.value) });
    });
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {State} state */
  state(state) {
    const { player } = state;
    this.#on = player !== null && !state.over;
    show(byId("player"), this.#on);
    if (!player) return;
    setText(first(byId("player-pause")), player.over ? "Play again" : player.playing ? "Pause" : "Play");
    setAttribute(byId("player-pause"), "data-playing", player.playing);
    const says = player.moving ? "Going there…" : player.over ? "The end. What next?" : "";
    setText(byId("player-says"), says);
    if (player.told !== this.#told) {
      this.#told = player.told;
      this.#read(player.told);
    }
  }

  /** @param {Now} now */
  now(now) {
    if (!this.#timeline || this.#dragged) return;
    setAttribute(this.#at, "aria-valuetext", clockText(now.t));
    this.#at.value = String(now.t);
    this.#tellTime(now.t);
  }

  /** @param {number} told */
  async #read(told) {
    const timeline = await askUntilThere("/timeline", () => this.#on && told === this.#told);
    if (!timeline) return;
    this.#timeline = timeline;
    this.#draw(timeline);
  }

  /** @param {number} at_s */
  #tellTime(at_s) {
    setText(byId("player-time"), `${clockText(at_s)} of ${clockText(this.#timeline?.ended_s ?? 0)}`);
  }

  /** @param {Timeline} timeline */
  #draw(timeline) {
    const { began_s, ended_s } = timeline;
    setAttribute(this.#at, "min", began_s);
    setAttribute(this.#at, "max", ended_s);
    const share = (/** @type {number} */ at_s) => (100 * (at_s - began_s)) / Math.max(ended_s - began_s, 1);
    const sets = timeline.sets.flatMap(({ name, start_s, end_s }) => {
      const width = `${Math.max(share(end_s) - share(start_s), 0.3)}%`;
      const label = makeSvg("text", { x: `${share(start_s)}%`, y: "11", class: "set-name" });
      label.textContent = `set ${plain(name)}`;
      return [makeSvg("rect", { x: `${share(start_s)}%`, y: "15", width, height: "20", rx: "4", class: "set" }), label];
    });
    const reps = ORDER.flatMap((verdict) => timeline.reps.filter((rep) => rep.verdict === verdict)).map((rep) => {
      const middle = share((rep.start_s + rep.end_s) / 2);
      const held = makeSvg("svg", { x: `${middle}%`, y: "18", overflow: "visible", "data-state": rep.verdict });
      held.append(
        makeSvg("use", { href: `#shape-${shapeOf(rep.verdict)}`, x: "-7", width: "14", height: "14", class: "rep" }),
      );
      return held;
    });
    const losses = timeline.losses.map(({ start_s }) => {
      const at = `${share(start_s)}%`;
      return makeSvg("line", { x1: at, x2: at, y1: "36", y2: "44", class: "loss" });
    });
    byId("timeline-picture", SVGSVGElement).replaceChildren(...sets, ...reps, ...losses);
    byId("player-loss", HTMLButtonElement).disabled = timeline.losses.length === 0;
    byId("player-other", HTMLButtonElement).disabled = timeline.others.length === 0;
    const others = timeline.others.map((name) => {
      const button = make("button", { type: "button" }, name);
      button.addEventListener("click", () => {
        this.#dialog.close();
        this.#play("other", { session: name });
      });
      return make("li", {}, button);
    });
    byId("others").replaceChildren(...others);
  }

  /** @param {string} name */
  #do(name) {
    if (name === "other") this.#dialog.showModal();
    else if (name === "report") byId("player-report").click();
    else this.#play(name);
  }

  /**
   * @param {string} action
   * @param {Record<string, unknown>} more
   */
  #play(action, more = {}) {
    this.#send("/play", { action, ...more });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (!this.#on || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    const on = event.target instanceof Element ? event.target : document.body;
    if (document.querySelector("dialog[open]") || on.matches("textarea, select, input:not([type=range])")) return;
    const name = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!name || (event.key === " " && on.matches("a, button:not([data-play=pause])"))) return;
    if (name === "other" && byId("player-other", HTMLButtonElement).disabled) return;
    event.preventDefault();
    this.#do(name);
  }
}
