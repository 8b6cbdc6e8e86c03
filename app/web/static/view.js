// Draws the session's state and the latest frame into the document.

import { all, byId, first, last, make, makeShape, plain, setAttribute, setText, shapeOf, show, words } from "./dom.js";
import { zoneOf } from "./trace.js";
import * as wording from "./wording.js";

/** @import { End, Limits, Message, Now, Phase, Rep, Sensor, State, Step } from "./frames.js" */

const FIGURES_EVERY_MS = 200; // figures that change faster cannot be read

export class View {
  #figures_ms = 0;
  /** @type {Record<string, string>} */
  #lists = {};
  /** @type {Element | null} */
  #chosenRep = null;
  #closedSummary = "";
  #hinted = false;

  constructor() {
    byId("summary-close").addEventListener("click", () => {
      this.#closedSummary = this.#lists.summary;
      show(byId("summary"), false);
      show(byId("hint"), this.#hinted);
    });
  }

  /**
   * The state, whenever it changes.
   * @param {State} state
   */
  state(state) {
    const { session } = state;
    setText(byId("drill"), words(session.drill) || "Dowel");
    setText(byId("who"), [plain(session.person), plain(session.file)].filter(Boolean).join(" · "));
    this.#places(session.lying, session.replay);
    document.title = `${words(session.drill) || "Dowel"}${state.over ? " (over)" : ""}`;
    show(byId("simulated"), session.simulated);
    show(byId("replay"), session.replay);
    this.#count(state);
    this.#step(state);
    if (this.#differs("end", state.end)) this.#end(state.end);
    this.#controls(state);
    this.#limits(state.limits);
    if (this.#differs("last", state.last)) this.#reps(state.last);
    if (this.#differs("sensors", state.sensors)) this.#sensors(state.sensors);
    const messages = wording.messagesBeside(state);
    if (this.#differs("messages", messages)) this.#messages(messages);
    if (this.#differs("summary", state.summary)) this.#closedSummary = "";
    this.#summary(state, null);
    const trouble =
      state.sensors.some((sensor) => sensor.state !== "streaming") || state.messages.some(({ warning }) => warning);
    document.body.toggleAttribute("data-trouble", trouble); // on a phone this card then comes first
  }

  /**
   * The latest frame; `time_ms` is the page's own time.
   * @param {Now} now
   * @param {State | null} state
   * @param {number} time_ms
   */
  now(now, state, time_ms) {
    const worst = wording.worstContact(now.contacts);
    const contact = byId("contact");
    setAttribute(contact, "data-state", worst.state);
    setAttribute(byId("contact-shape", SVGUseElement), "href", `#shape-${shapeOf(worst.state)}`);
    setText(byId("contact-word"), wording.CONTACT_WORDS[worst.state]);
    setText(byId("contact-where"), wording.contactWhere(worst, now));
    setText(byId("contact-todo"), wording.contactTodo(now));
    this.#ring(state, now.progress);
    this.#summary(state, now.phase);
    if (time_ms - this.#figures_ms < FIGURES_EVERY_MS) return;
    this.#figures_ms = time_ms;
    this.#figures(now, state);
  }

  /**
   * Lying the sensors sit elsewhere, and the other way from arching is pressing.
   * @param {boolean} lying
   * @param {boolean} replay: then nobody straps them on
   */
  #places(lying, replay) {
    show(byId("sites-behind"), !lying && !replay);
    show(byId("sites-in-front"), lying && !replay);
    byId("leans").toggleAttribute("data-lying", lying);
    const [sacrum, upperBack] = lying ? ["pelvis", "breastbone"] : ["sacrum", "upper back"];
    setText(byId("sacrum-place"), sacrum);
    setText(byId("upper-back-place"), upperBack);
    setText(byId("trace-up"), lying ? "pressing" : "rounding");
  }

  /**
   * @param {string} name
   * @param {unknown} data
   */
  #differs(name, data) {
    const text = JSON.stringify(data ?? null);
    if (this.#lists[name] === text) return false;
    this.#lists[name] = text;
    return true;
  }

  /**
   * @param {Now} now
   * @param {State | null} state
   */
  #figures(now, state) {
    setText(byId("elapsed"), wording.clockText(now.t));
    setText(byId("sacrum-lean"), wording.degrees(now.sacrum_lean_deg));
    setText(byId("upper-back-lean"), wording.degrees(now.upper_back_lean_deg));
    setAttribute(byId("deviation"), "data-state", zoneOf(now.deviation_deg, state?.limits));
    setText(byId("deviation"), wording.degrees(now.deviation_deg, { sign: true, digits: 1 }));
    const head = now.head_deg !== null && now.head_deg !== undefined;
    show(byId("head-deviation"), head);
    if (head)
      setText(
        byId("head-deviation"),
        `${state?.session.lying ? "roll" : "head"} ${wording.degrees(now.head_deg, { sign: true, digits: 1 })}`,
      );
    const texts = wording.tempoTexts(now.phase, state?.last);
    byId("tempo").toggleAttribute("data-running", Boolean(now.phase));
    for (const [index, name] of ["lowering", "bottom", "rising"].entries()) {
      const part = byId("tempo").children[index];
      part.toggleAttribute("data-current", now.phase?.name === name);
      setText(last(part), texts[index]);
    }
    this.#sees(now, state);
  }

  /** @param {State} state */
  #count(state) {
    setText(byId("reps"), state.reps);
    setAttribute(byId("reps"), "data-digits", Math.min(String(state.reps).length, 3));
    setText(byId("reps-word"), state.reps === 1 ? "rep" : "reps");
    byId("count").toggleAttribute("data-loaded", state.load_kg > 0);
    const load = state.load_kg > 0 ? ` · ${wording.kilograms(state.load_kg)}` : "";
    setText(byId("set"), (state.set === null ? "no set" : `set ${state.set}`) + load);
  }

  /** @param {Limits | null} limits */
  #limits(limits) {
    setText(byId("basis"), limits ? `limits: ${words(limits.basis)}` : "no limits yet: not calibrated");
  }

  // --- what to do ---

  /** @param {State} state */
  #step(state) {
    const step = state.step;
    const whole = wording.stepFillsPage(state);
    setAttribute(document.body, "data-view", state.end ? "end" : whole ? "step" : "practice");
    show(byId("step"), whole);
    this.#hinted = Boolean(step) && !whole && !state.over;
    if (!step) return;
    const sentence = plain(step.say);
    if (!whole) {
      // the terminal's words name keys; a page has buttons of that name too
      setText(byId("hint"), [plain(step.title), sentence].filter(Boolean).join(". ").replace("..", "."));
      return;
    }
    setText(byId("step-title"), step.title);
    setText(byId("step-say"), sentence);
    setText(byId("step-place"), step.count ? `${step.number} of ${step.count}` : "");
    show(byId("step-problem"), Boolean(step.problem));
    setText(last(byId("step-problem")), step.problem);
    if (this.#differs("dots", [step.number, step.count])) this.#dots(step);
  }

  /** @param {Step} step */
  #dots({ number, count }) {
    const dots = Array.from({ length: Math.min(count, 12) }, (_, index) => {
      const dot = make("li");
      dot.dataset.dot = index + 1 < number ? "done" : index + 1 === number ? "now" : "later";
      return dot;
    });
    byId("step-dots").replaceChildren(...dots);
  }

  /**
   * @param {State | null} state
   * @param {number | null | undefined} progress
   */
  #ring(state, progress) {
    const ring = byId("step-ring", SVGSVGElement);
    const known = typeof progress === "number" && Boolean(state?.step);
    show(ring, known);
    if (!known) return;
    const percent = Math.round(100 * Math.min(Math.max(progress, 0), 1));
    setAttribute(ring, "data-progress", progress.toFixed(2));
    setAttribute(ring, "aria-valuenow", percent);
    setAttribute(byId("step-done", SVGCircleElement), "stroke-dasharray", `${percent} 200`);
    setText(byId("step-percent", SVGTextElement), `${percent} %`);
  }

  /**
   * What the sensors say while a step is under way: whether they send, and how they lean.
   * @param {Now} now
   * @param {State | null} state
   */
  #sees(now, state) {
    if (document.body.dataset.view !== "step") return;
    /** @type {Record<string, number | null | undefined>} */
    const leans = { sacrum: now.sacrum_lean_deg, upper_back: now.upper_back_lean_deg };
    const seen = (state?.sensors ?? []).map((sensor) => {
      const [shape, link] = wording.linkOf(sensor.state);
      const lean = leans[plain(sensor.placement).replace(" ", "_")];
      const text = typeof lean === "number" && shape === "held" ? `leans ${wording.degrees(lean)}` : link;
      return [shape, words(sensor.placement) || plain(sensor.name), text];
    });
    if (!this.#differs("seen", seen)) return;
    const lines = seen.map(([shape, placement, text]) => {
      const line = make(
        "li",
        { "data-state": shape },
        makeShape(shape),
        make("b", {}, placement),
        make("span", {}, text),
      );
      return line;
    });
    byId("step-sees").replaceChildren(...lines);
  }

  // --- lists ---

  /** @param {Rep[]} reps */
  #reps(reps) {
    const marks = reps.map((rep, index) => {
      const name = plain(rep.name);
      const verdict = words(rep.verdict);
      const button = make(
        "button",
        { type: "button", "data-rep": name, "data-state": rep.verdict, "aria-label": `Rep ${name}: ${verdict}. Why?` },
        makeShape(rep.verdict),
        make("span", {}, name),
      );
      button.addEventListener("click", () => this.#tellRep(rep, button));
      const item = make("li", {}, button);
      if (index === reps.length - 1) item.dataset.latest = "";
      return item;
    });
    byId("last-reps").replaceChildren(...marks);
    const latest = reps.at(-1);
    if (latest) this.#tellRep(latest, first(last(byId("last-reps"))));
    else setText(byId("rep-detail"), "The last reps stand here. Tap one to see why.");
    byId("last-reps").scrollLeft = byId("last-reps").scrollWidth;
  }

  /**
   * @param {Rep} rep
   * @param {Element} button
   */
  #tellRep(rep, button) {
    this.#chosenRep?.removeAttribute("aria-pressed");
    button.setAttribute("aria-pressed", "true");
    this.#chosenRep = button;
    setText(byId("rep-detail"), wording.repDetail(rep));
  }

  /** @param {Sensor[]} sensors */
  #sensors(sensors) {
    const lines = sensors.map((sensor) => {
      const [shape, link] = wording.linkOf(sensor.state);
      const figures = wording.sensorFigures(sensor).map(({ text, name, bad }) => {
        const figure = make("span", { class: "figure", "data-figure": name }, bad ? makeShape("near") : "", text);
        figure.toggleAttribute("data-bad", bad);
        return figure;
      });
      return make(
        "li",
        { "data-sensor": plain(sensor.placement).replaceAll(" ", "_"), "data-state": shape, "data-link": sensor.state },
        make(
          "span",
          { class: "link" },
          makeShape(shape),
          make("b", {}, words(sensor.placement)),
          make("span", {}, link),
        ),
        make("span", { class: "figures" }, ...figures),
        make("span", { class: "name quiet" }, plain(sensor.name)),
      );
    });
    byId("sensors").replaceChildren(...lines);
  }

  /** @param {Message[]} messages */
  #messages(messages) {
    const lines = messages.slice(-3).map(({ text, warning }) => {
      const line = make("li", { "data-message": warning ? "warning" : "news" }, warning ? makeShape("near") : "");
      line.append(make("span", {}, plain(text)));
      return line;
    });
    byId("messages").replaceChildren(...lines);
  }

  /**
   * The card of the set that is over stays until it is closed or the next bend begins.
   * @param {State | null} state
   * @param {Phase | null | undefined} phase
   */
  #summary(state, phase) {
    if (phase) this.#closedSummary = this.#lists.summary;
    const open = this.#closedSummary !== this.#lists.summary && state?.set === null && !wording.stepFillsPage(state);
    const summary = open && !state.end ? state.summary : null;
    document.body.toggleAttribute("data-summary", summary !== null);
    show(byId("summary"), summary !== null);
    const twice = Boolean(summary?.advice) && summary?.advice === state?.step?.say; // the card says it already
    show(byId("hint"), this.#hinted && !twice);
    if (!summary) return;
    setText(byId("summary-title"), `Set ${summary.set}`);
    const [whole, rest] = wording.headAndRest(summary.text);
    setText(first(byId("summary-text")), whole);
    setText(last(byId("summary-text")), rest);
    show(byId("summary-advice"), Boolean(summary.advice));
    setText(byId("summary-advice"), plain(summary.advice));
  }

  /** @param {End | null} end */
  #end(end) {
    show(byId("end"), end !== null);
    if (!end) return;
    setText(byId("end-sentence"), end.sentence);
    setText(byId("end-work"), end.work_on && `Work on next: ${plain(end.work_on)}`);
    setText(byId("end-where"), end.report ? `The report is kept beside the session, as ${plain(end.report)}.` : "");
    const lines = end.commands.map(({ command, what }) =>
      make("li", {}, make("span", { class: "quiet" }, `To ${what}:`), make("code", {}, plain(command))),
    );
    byId("end-commands").replaceChildren(...lines);
    for (const id of ["end-report", "end-next"]) show(byId(id), lines.length > 0); // else nothing was recorded
  }

  // --- what can be done ---

  /** @param {State} state */
  #controls(state) {
    const can = new Set(state.commands);
    show(byId("controls"), can.size > 0); // before a practice, after it and in a replay there is nothing to do
    for (const name of ["set", "undo", "load", "note", "calibrate", "slump", "spacer", "stop"]) {
      byId(`${name}-button`, HTMLButtonElement).disabled = !can.has(name);
    }
    setText(first(byId("set-button")), state.set === null ? "Start set" : `End set ${state.set}`);
    show(byId("rep-button"), can.has("rep"));
    for (const button of all("[data-judge]", HTMLButtonElement)) button.disabled = !can.has("judge");
    byId("wall-button", HTMLButtonElement).disabled = !can.has("wall");
    show(byId("wall-button"), state.session.taps);
    show(byId("load-button"), !state.session.taps && !state.session.lying);
    const wall = typeof state.wall_cm === "number" ? `${Math.round(10 * state.wall_cm) / 10} cm` : "?";
    setText(first(byId("wall-button")), `Wall ${wall}`);
    setText(first(byId("load-button")), `Load ${wording.kilograms(state.load_kg)}`);
    setText(first(byId("calibrate-button")), state.calibrating ? "Give up" : "Calibrate");
    byId("calibrate-button").classList.toggle("main", can.has("calibrate") && !state.calibrated && !state.calibrating);
    byId("set-button").classList.toggle("main", state.calibrated);
    setText(byId("stop-file"), state.session.file);
  }
}
