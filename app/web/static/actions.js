// What a person does: buttons, keys and dialogs, sent to the program. What it refuses is said.

import { PostError, post } from "./connection.js";
import { all, byId, setText, show } from "./dom.js";
import { parseLoad, parseWall } from "./wording.js";

/** @import { State } from "./frames.js" */

const ERROR_SHOWN_MS = 8000;
const LOUDER = 0.1; // as the terminal has it
// the same keys as in the terminal
/** @type {Record<string, string>} */
const KEYS = {
  s: "set",
  " ": "set",
  u: "undo",
  t: "rep",
  n: "note",
  c: "calibrate",
  r: "slump",
  b: "spacer",
  l: "load",
  w: "wall",
  v: "settings",
  m: "more",
  q: "stop",
};

/** @type {ReturnType<typeof setTimeout> | undefined} */
let errorTimer;

/**
 * A sentence about what did not work, shown for a while.
 * @param {string} sentence
 */
export function tell(sentence) {
  const error = byId("error");
  setText(error, sentence);
  show(error, Boolean(sentence));
  clearTimeout(errorTimer);
  errorTimer = setTimeout(() => show(error, false), ERROR_SHOWN_MS);
}

export class Actions {
  #refused;
  #state;
  #tabbed = false;

  /**
   * `refused()` is called when the key of this page is no longer valid; `state()` gives the latest.
   * @param {{ refused: () => void, state: () => State | null }} with
   */
  constructor({ refused, state }) {
    this.#refused = refused;
    this.#state = state;
    for (const button of all("[data-do]", HTMLButtonElement)) {
      button.addEventListener("click", () => {
        dialogOf("more").close();
        this.do({ action: button.dataset.do });
      });
    }
    for (const button of all("[data-close]", HTMLButtonElement)) {
      button.addEventListener("click", () => button.closest("dialog")?.close());
    }
    for (const dialog of document.querySelectorAll("dialog")) {
      // a tap beside a dialog closes it; taps inside land on its content, unless on the padding
      dialog.addEventListener("click", (event) => {
        if (event.target === dialog && isBeside(dialog, event)) dialog.close();
      });
    }
    this.#more();
    this.#note();
    this.#load();
    this.#wall();
    document.addEventListener("keydown", (event) => this.#key(event));
    document.addEventListener("pointerdown", () => {
      this.#tabbed = false;
    });
  }

  /**
   * True when the program did it.
   * @param {{ action: string | undefined, text?: string, load_kg?: number, wall_cm?: number, at_s?: number }} action
   */
  async do(action) {
    return (await this.send("/do", action)) !== undefined;
  }

  /**
   * The program's answer (null where it says nothing), undefined where it did not do it: then the page says why.
   * @param {string} path
   * @param {unknown} body
   */
  async send(path, body) {
    try {
      const answer = await post(path, body);
      show(byId("error"), false);
      return answer;
    } catch (error) {
      if (!(error instanceof PostError)) throw error;
      tell(error.message);
      if (error.refused) this.#refused();
      return undefined;
    }
  }

  #more() {
    byId("more-button").addEventListener("click", () => dialogOf("more").showModal());
    byId("stop-button").addEventListener("click", () => {
      dialogOf("more").close();
      dialogOf("stop").showModal();
    });
    byId("stop-confirm").addEventListener("click", () => {
      dialogOf("stop").close();
      this.do({ action: "stop" });
    });
  }

  #note() {
    const [dialog, input] = [dialogOf("note"), byId("note-input", HTMLTextAreaElement)];
    byId("note-button").addEventListener("click", () => {
      dialog.showModal();
      input.focus();
    });
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      byId("note-form", HTMLFormElement).requestSubmit();
    });
    byId("note-form").addEventListener("submit", async (event) => {
      event.preventDefault();
      const text = input.value.trim();
      dialog.close();
      if (!text) return;
      // what was typed stays in the field until the program has it; the next note may have been begun meanwhile
      if ((await this.do({ action: "note", text })) && input.value.trim() === text) input.value = "";
    });
  }

  #load() {
    const [dialog, input] = [dialogOf("load"), byId("load-input", HTMLInputElement)];
    byId("load-button").addEventListener("click", () => {
      input.value = String(this.#state()?.load_kg ?? 0);
      setText(byId("load-problem"), "");
      dialog.showModal();
      input.select();
    });
    for (const button of all("[data-step]", HTMLButtonElement, dialog)) {
      button.addEventListener("click", () => {
        const range = this.#state()?.bounds.load_kg;
        if (!range) return;
        const { load_kg = 0 } = parseLoad(input.value, range);
        const next_kg = Math.round(100 * (load_kg + Number(button.dataset.step))) / 100;
        input.value = String(Math.min(range.most, Math.max(range.least, next_kg)));
      });
    }
    byId("load-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const range = this.#state()?.bounds.load_kg;
      if (!range) return;
      const { load_kg, problem } = parseLoad(input.value, range);
      setText(byId("load-problem"), problem ?? "");
      if (problem) return;
      dialog.close();
      this.do({ action: "load", load_kg });
    });
  }

  #wall() {
    const [dialog, input] = [dialogOf("wall"), byId("wall-input", HTMLInputElement)];
    byId("wall-button").addEventListener("click", () => {
      input.value = String(this.#state()?.wall_cm ?? "");
      setText(byId("wall-problem"), "");
      dialog.showModal();
      input.select();
    });
    byId("wall-form").addEventListener("submit", (event) => {
      event.preventDefault();
      const range = this.#state()?.bounds.wall_cm;
      if (!range) return;
      const { wall_cm, problem } = parseWall(input.value, range);
      setText(byId("wall-problem"), problem ?? "");
      if (problem) return;
      dialog.close();
      this.do({ action: "wall", wall_cm });
    });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Tab") this.#tabbed = true;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    const on = event.target instanceof Element ? event.target : document.body;
    if (document.querySelector("dialog[open]:not(#more-dialog)") || on.matches("input, textarea, select")) return;
    // space presses a button that was reached by Tab, but not one that was clicked a while ago
    if (event.key === " " && this.#tabbed && on.matches("button, a")) return;
    if (event.key === "+" || event.key === "-") return louder(event.key === "+" ? LOUDER : -LOUDER);
    const name = KEYS[event.key.toLowerCase()];
    if (!name) return;
    const button = byId(`${name}-button`, HTMLButtonElement);
    if (button.disabled || button.hidden || byId("controls").hidden) return;
    event.preventDefault();
    if (event.key === " " && on instanceof HTMLElement) on.blur(); // Firefox would press it on the way up
    if (dialogOf("more").open && name !== "more") dialogOf("more").close();
    button.click();
  }
}

/** @param {number} step */
function louder(step) {
  const [volume] = all("[data-cue=volume]", HTMLInputElement);
  volume.value = String(Number(volume.value) + step);
  volume.dispatchEvent(new Event("input"));
  volume.dispatchEvent(new Event("change"));
}

/** @param {string} name */
function dialogOf(name) {
  return byId(`${name}-dialog`, HTMLDialogElement);
}

/**
 * @param {HTMLDialogElement} dialog
 * @param {MouseEvent} event
 */
function isBeside(dialog, { clientX, clientY }) {
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}
