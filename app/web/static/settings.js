// The panel of the cues. What is chosen here is kept by the program, for all its screens.

import { Chosen } from "./chosen.js";
import { all, byId, setText, show } from "./dom.js";

/** @import { Cues } from "./frames.js" */
/** @import { Sound } from "./sound.js" */

/** @type {Record<string, (value: string) => string>} */
const SHOWN = {
  volume: (value) => `${Math.round(100 * Number(value))} %`,
  delay_s: (value) => (Number(value) === 0 ? "none" : `${Number(value).toFixed(1)} s`),
  repeat_s: (value) => (Number(value) === 0 ? "never" : `${Number(value).toFixed(1)} s`),
};
/** @type {Record<string, string>} */
const IN_FORCE = { live: "now at once", rep: "now after the rep", off: "now never" };
/** @type {Record<string, string>} */
const THEMES = { auto: "As the system", light: "Light", dark: "Dark" };

export class Settings {
  #fields = all("[data-cue]", HTMLInputElement);
  #send;
  #chosen = new Chosen();
  /** @type {Partial<Cues>} */
  #cues = {};

  /**
   * `send(cues)` posts what was changed; it gives the program's answer, undefined where that was no.
   * @param {Sound} sound
   * @param {(cues: Record<string, unknown>) => Promise<any>} send
   */
  constructor(sound, send) {
    this.#send = send;
    byId("settings-button").addEventListener("click", () => byId("settings-dialog", HTMLDialogElement).showModal());
    for (const field of this.#fields) {
      field.addEventListener("change", () => this.#choose(field));
      field.addEventListener("input", () => this.#tellSlider(field));
    }
    for (const button of all("[data-try]", HTMLButtonElement)) {
      button.addEventListener("click", () => sound.tryOut(button.dataset.try ?? ""));
    }
    this.#theme();
  }

  #theme() {
    const { dowelTheme } = window;
    const choice = byId("theme-choice", HTMLSelectElement);
    const tell = () => {
      choice.value = dowelTheme.chosen;
      const label = `Look: ${THEMES[dowelTheme.chosen]}. Press to change.`;
      byId("theme-button").setAttribute("aria-label", label);
      byId("theme-button").title = label;
    };
    choice.addEventListener("change", () => dowelTheme.choose(choice.value));
    const big = byId("big-choice", HTMLInputElement);
    big.checked = document.documentElement.hasAttribute("data-big");
    big.addEventListener("change", () => dowelTheme.enlarge(big.checked));
    byId("theme-button").addEventListener("click", () => {
      const order = Object.keys(THEMES);
      dowelTheme.choose(order[(order.indexOf(dowelTheme.chosen) + 1) % order.length]);
    });
    window.addEventListener("themechange", tell);
    tell();
  }

  /** @param {HTMLInputElement} field */
  async #choose(field) {
    const name = nameOf(field);
    this.#chosen.asked(name);
    const answer = await this.#send({ [name]: chosenIn(field) });
    this.#chosen.answered(name, answer?.revision ?? 0);
    this.follow(this.#cues);
  }

  /**
   * As the program has them, as far as it does; what a person is just changing is left alone.
   * @param {Partial<Cues>} cues
   */
  follow(cues) {
    this.#cues = cues;
    for (const field of this.#fields) {
      const name = nameOf(field);
      const value = cues[/** @type {keyof Cues} */ (name)];
      if (field.type === "checkbox") showChoice(field, value !== undefined && isPossible(name));
      if (value === undefined || this.#chosen.outdates(name, cues.revision ?? 0)) continue;
      if (field.type === "range" && field.matches(":active")) continue;
      if (field.type === "radio") field.checked = field.value === value;
      else if (field.type === "checkbox") field.checked = Boolean(value);
      else field.value = String(value);
      this.#tellSlider(field);
    }
    setText(byId("in-force"), IN_FORCE[cues.in_force ?? ""] ?? "");
  }

  /** @param {HTMLInputElement} field */
  #tellSlider(field) {
    const name = nameOf(field);
    if (SHOWN[name]) setText(byId(`${name}-shown`), SHOWN[name](field.value));
  }
}

/** @param {HTMLInputElement} field */
function nameOf(field) {
  return field.dataset.cue ?? "";
}

/**
 * @param {HTMLInputElement} field
 * @param {boolean} shown
 */
function showChoice(field, shown) {
  const label = field.closest("label");
  if (label) show(label, shown);
}

/** @param {string} cue */
function isPossible(cue) {
  return cue !== "vibration" || "vibrate" in navigator;
}

/** @param {HTMLInputElement} field */
function chosenIn(field) {
  if (field.type === "checkbox") return field.checked;
  return field.type === "range" ? Number(field.value) : field.value;
}
