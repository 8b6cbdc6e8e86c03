// Reps judged by eye: a list of the last ones, each with what a person says of it, beside the program's verdict.

import { all, byId, make, makeShape, plain, show, words } from "./dom.js";
import { repTitle } from "./wording.js";

/** @import { Rep, State } from "./frames.js" */

/** @type {[string, string][]} */
const CHOICES = [
  ["", "as the program"],
  ["held", "held"],
  ["lost", "lost"],
  ["not_judged", "not judged"],
];

/**
 * Opens the list wherever the page offers it.
 * @param {{ state: () => State | null, judge: (at_s: number, verdict: string) => Promise<boolean> }} with
 */
export function setUpJudging({ state, judge }) {
  const dialog = byId("judge-dialog", HTMLDialogElement);
  for (const button of all("[data-judge]", HTMLButtonElement)) {
    button.addEventListener("click", () => {
      byId("more-dialog", HTMLDialogElement).close();
      const reps = (state()?.last ?? []).filter((rep) => rep.certain);
      byId("judge-reps").replaceChildren(...reps.map((rep) => lineOf(rep, judge)));
      show(byId("judge-none"), reps.length === 0);
      dialog.showModal();
    });
  }
}

/**
 * @param {Rep} rep
 * @param {(at_s: number, verdict: string) => Promise<boolean>} judge
 */
function lineOf(rep, judge) {
  const title = repTitle(rep.name);
  const choice = document.createElement("select");
  choice.setAttribute("aria-label", `${title} by eye`);
  choice.dataset.byEye = plain(rep.name);
  choice.append(...CHOICES.map(([value, text]) => make("option", { value }, text)));
  choice.value = rep.by_eye;
  let kept = rep.by_eye;
  choice.addEventListener("change", async () => {
    if (await judge(rep.at_s, choice.value)) kept = choice.value;
    else choice.value = kept;
  });
  const said = make("span", { class: "said" }, make("b", {}, title), ` ${words(rep.verdict)}`);
  const why = make("span", { class: "quiet" }, plain(rep.why));
  return make("li", { "data-state": rep.verdict }, makeShape(rep.verdict), said, choice, why);
}
