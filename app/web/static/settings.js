// The panel of the cues. What is chosen here is kept by the program, for all its screens.

import { byId, setText, show } from "./dom.js";

const SHOWN = {
  volume: (value) => `${Math.round(100 * value)} %`,
  delay_s: (value) => (Number(value) === 0 ? "none" : `${Number(value).toFixed(1)} s`),
  repeat_s: (value) => (Number(value) === 0 ? "never" : `${Number(value).toFixed(1)} s`),
};
const IN_FORCE = { live: "now at once", rep: "now after the rep", off: "now never" };
const THEMES = { auto: "As the system", light: "Light", dark: "Dark" };

export class Settings {
  #fields = [...document.querySelectorAll("[data-cue]")];
  #send;

  /** `send(cues)` posts what was changed. */
  constructor(sound, send) {
    this.#send = send;
    byId("settings-button").addEventListener("click", () => byId("settings-dialog").showModal());
    for (const field of this.#fields) {
      field.addEventListener("change", () => this.#send({ [field.dataset.cue]: valueOf(field) }));
      field.addEventListener("input", () => this.#tellSlider(field));
    }
    for (const button of document.querySelectorAll("[data-try]")) {
      button.addEventListener("click", () => sound.tryOut(button.dataset.try));
    }
    this.#theme();
  }

  #theme() {
    const { dowelTheme } = window;
    const tell = () => {
      byId("theme-choice").value = dowelTheme.chosen;
      const label = `Look: ${THEMES[dowelTheme.chosen]}. Press to change.`;
      byId("theme-button").setAttribute("aria-label", label);
      byId("theme-button").title = label;
    };
    byId("theme-choice").addEventListener("change", (event) => dowelTheme.choose(event.target.value));
    byId("theme-button").addEventListener("click", () => {
      const order = Object.keys(THEMES);
      dowelTheme.choose(order[(order.indexOf(dowelTheme.chosen) + 1) % order.length]);
    });
    window.addEventListener("themechange", tell);
    tell();
  }

  /** As the program has them; a slider that is being moved is left alone. */
  follow(cues) {
    for (const field of this.#fields) {
      const value = cues[field.dataset.cue];
      // an older program does not know every cue
      if (field.type === "checkbox") show(field.closest("label"), value !== undefined && isPossible(field.dataset.cue));
      if (value === undefined || (field.type === "range" && field.matches(":active"))) continue;
      if (field.type === "radio") field.checked = field.value === value;
      else if (field.type === "checkbox") field.checked = value;
      else field.value = String(value);
      this.#tellSlider(field);
    }
    setText(byId("in-force"), IN_FORCE[cues.in_force] ?? "");
  }

  #tellSlider(field) {
    const name = field.dataset.cue;
    if (SHOWN[name]) setText(byId(`${name}-shown`), SHOWN[name](field.value));
  }
}

function isPossible(cue) {
  return cue !== "vibration" || "vibrate" in navigator;
}

function valueOf(field) {
  if (field.type === "checkbox") return field.checked;
  return field.type === "range" ? Number(field.value) : field.value;
}
