// What a person does: buttons, keys and dialogs, sent to the program. What it refuses is said.

import { byId, setText, show } from "./dom.js";
import { post } from "./connection.js";
import { parseLoad, parseWall } from "./wording.js";

const ERROR_SHOWN_MS = 8000;
// the same keys as in the terminal
const KEYS = { s: "set", " ": "set", u: "undo", t: "rep", n: "note", c: "calibrate", r: "slump", b: "spacer", l: "load", w: "wall", m: "more", q: "stop" };

let errorTimer = 0;

/** A sentence about what did not work, shown for a while. */
export function tell(sentence) {
  const error = byId("error");
  setText(error, sentence);
  show(error, Boolean(sentence));
  clearTimeout(errorTimer);
  errorTimer = setTimeout(() => show(error, false), ERROR_SHOWN_MS);
}

export class Actions {
  #refused;
  #load_kg;
  #wall_cm;
  #tabbed = false;

  /** `refused()` is called when the key of this page is no longer valid; `load_kg()` and `wall_cm()` give what they are now. */
  constructor({ refused, load_kg, wall_cm }) {
    this.#refused = refused;
    this.#load_kg = load_kg;
    this.#wall_cm = wall_cm;
    for (const button of document.querySelectorAll("[data-do]")) {
      button.addEventListener("click", () => {
        byId("more-dialog").close();
        this.do({ action: button.dataset.do });
      });
    }
    for (const button of document.querySelectorAll("[data-close]")) {
      button.addEventListener("click", () => button.closest("dialog").close());
    }
    for (const dialog of document.querySelectorAll("dialog")) {
      // a tap beside a dialog closes it; taps inside land on its content, unless on the padding
      dialog.addEventListener("click", (event) => event.target === dialog && isBeside(dialog, event) && dialog.close());
    }
    this.#more();
    this.#note();
    this.#load();
    this.#wall();
    document.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("pointerdown", () => (this.#tabbed = false));
  }

  /** True when the program did it. */
  async do(action) {
    return this.send("/do", action);
  }

  async send(path, body) {
    try {
      await post(path, body);
      show(byId("error"), false);
      return true;
    } catch (error) {
      tell(error.message);
      if (error.refused) this.#refused();
      return false;
    }
  }

  #more() {
    byId("more-button").addEventListener("click", () => byId("more-dialog").showModal());
    byId("stop-button").addEventListener("click", () => {
      byId("more-dialog").close();
      byId("stop-dialog").showModal();
    });
    byId("stop-confirm").addEventListener("click", () => {
      byId("stop-dialog").close();
      this.do({ action: "stop" });
    });
  }

  #note() {
    const [dialog, input] = [byId("note-dialog"), byId("note-input")];
    byId("note-button").addEventListener("click", () => {
      dialog.showModal();
      input.focus();
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      byId("note-form").requestSubmit();
    });
    byId("note-form").addEventListener("submit", async (event) => {
      event.preventDefault();
      const text = input.value.trim();
      dialog.close();
      if (!text) return;
      // what was typed stays in the field until the program has it
      if (await this.do({ action: "note", text })) input.value = "";
    });
  }

  #load() {
    const [dialog, input] = [byId("load-dialog"), byId("load-input")];
    byId("load-button").addEventListener("click", () => {
      input.value = String(this.#load_kg());
      setText(byId("load-problem"), "");
      dialog.showModal();
      input.select();
    });
    for (const button of dialog.querySelectorAll("[data-step]")) {
      button.addEventListener("click", () => {
        const { load_kg = 0 } = parseLoad(input.value);
        input.value = String(Math.min(600, Math.max(0, Math.round(100 * (load_kg + Number(button.dataset.step))) / 100)));
      });
    }
    byId("load-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const { load_kg, problem } = parseLoad(input.value);
      setText(byId("load-problem"), problem ?? "");
      if (problem) return;
      dialog.close();
      this.do({ action: "load", load_kg });
    });
  }

  #wall() {
    const [dialog, input] = [byId("wall-dialog"), byId("wall-input")];
    byId("wall-button").addEventListener("click", () => {
      input.value = String(this.#wall_cm() ?? "");
      setText(byId("wall-problem"), "");
      dialog.showModal();
      input.select();
    });
    byId("wall-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const { wall_cm, problem } = parseWall(input.value);
      setText(byId("wall-problem"), problem ?? "");
      if (problem) return;
      dialog.close();
      this.do({ action: "wall", wall_cm });
    });
  }

  #key(event) {
    if (event.key === "Tab") this.#tabbed = true;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    if (document.querySelector("dialog[open]:not(#more-dialog)") || event.target.matches("input, textarea, select")) return;
    // space presses a button that was reached by Tab, but not one that was clicked a while ago
    if (event.key === " " && this.#tabbed && event.target.matches("button, a")) return;
    const button = byId(`${KEYS[event.key.toLowerCase()]}-button`);
    if (!button || button.disabled || button.hidden || byId("controls").hidden) return;
    event.preventDefault();
    if (event.key === " ") document.activeElement.blur(); // Firefox would press it on the way up
    if (byId("more-dialog").open && button.id !== "more-button") byId("more-dialog").close();
    button.click();
  }
}

function isBeside(dialog, { clientX, clientY }) {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}
