// What the page says of a state, as plain functions: no document here, so that they can be tried anywhere.

import { plain, words } from "./dom.js";

/** @import { ContactState, Message, Now, Phase, Range, Rep, Sensor, State, Summary } from "./frames.js" */
/** @typedef {{ state: ContactState, points: string[] }} Worst */

/** @type {Record<ContactState, string>} */
export const CONTACT_WORDS = {
  held: "Held",
  near: "Close",
  lost: "Lost",
  unknown: "Not judged",
  unmeasured: "Not measured",
};
/** @type {ContactState[]} */
const WORST_FIRST = ["lost", "near", "held"];
/** @type {Record<string, [string, string]>} */
const LINKS = {
  streaming: ["held", "streaming"],
  connecting: ["near", "connecting"],
  silent: ["near", "silent"],
  lost: ["lost", "lost"],
  stopped: ["unknown", "stopped"],
};
const LOW_BATTERY_PCT = 15; // as the terminal has it
const RATE_TOLERANCE = 0.05;

/**
 * The worst of the points decides: its state, and which points are in it.
 * @param {Now["contacts"]} contacts
 * @returns {Worst}
 */
export function worstContact(contacts = {}) {
  for (const state of WORST_FIRST) {
    const points = Object.keys(contacts).filter((point) => contacts[point] === state);
    if (points.length) return { state, points };
  }
  return { state: "unknown", points: [] };
}

/**
 * The line below the big word: which points, and how; where nothing can be judged, why.
 * @param {Worst} worst
 * @param {Pick<Now, "contacts" | "told">} now
 */
export function contactWhere({ state, points }, { contacts = {}, told }) {
  const named = points.map(words).join(" + ");
  if (state === "lost" || state === "near") return [named, plain(told?.why)].filter(Boolean).join(": ");
  if (state === "unknown") return plain(told?.why);
  const all = points.length > 1 && points.length === Object.keys(contacts).length;
  return all ? "all points" : named;
}

/**
 * The last line: what to do, or which point has no sensor.
 * @param {Pick<Now, "contacts" | "told">} now
 */
export function contactTodo({ contacts = {}, told }) {
  const without = Object.keys(contacts).filter((point) => contacts[point] === "unmeasured");
  return plain(told?.todo) || without.map((point) => `${words(point)} not measured`).join(", ");
}

/**
 * The shape and the words for the state of a sensor's link.
 * @param {string} state
 */
export function linkOf(state) {
  return LINKS[state] ?? ["unknown", words(state)];
}

/**
 * @param {unknown} value
 * @returns {value is number}
 */
function isNumber(value) {
  return typeof value === "number" && Number.isFinite(value);
}

/**
 * A sensor's figures, each with whether it needs attention.
 * @param {Partial<Sensor>} sensor
 */
export function sensorFigures({ battery_pct, rate_hz, asked_rate_hz, gaps, clock_ms, rssi_dbm, lost, settling }) {
  const figures = [];
  if (isNumber(battery_pct))
    figures.push({ text: `battery ${Math.round(battery_pct)} %`, name: "battery", bad: battery_pct < LOW_BATTERY_PCT });
  if (isNumber(rate_hz)) {
    const off = isNumber(asked_rate_hz) && Math.abs(rate_hz / asked_rate_hz - 1) > RATE_TOLERANCE;
    figures.push({ text: `${Math.round(rate_hz)} Hz`, name: "rate", bad: off });
  }
  if (gaps) figures.push({ text: `${gaps} gap${gaps === 1 ? "" : "s"}`, name: "gaps", bad: true });
  if (lost) figures.push({ text: `${lost} lost`, name: "lost", bad: true });
  if (settling) figures.push({ text: "settling", name: "settling", bad: true });
  if (isNumber(rssi_dbm)) figures.push({ text: `${Math.round(rssi_dbm)} dBm`, name: "signal", bad: false });
  if (isNumber(clock_ms)) figures.push({ text: `±${Math.round(clock_ms)} ms`, name: "clock", bad: false });
  return figures;
}

/** @param {number | null | undefined} value */
export function degrees(value, { sign = false, digits = 0 } = {}) {
  if (!isNumber(value)) return "-";
  const text = Math.abs(value).toFixed(digits);
  const zero = Number(text) === 0;
  const minus = value < 0 && !zero ? "\u2212" : sign && !zero ? "+" : "";
  return `${minus}${text}°`;
}

/** @param {number | null | undefined} seconds */
export function clockText(seconds) {
  const whole = Math.max(0, Math.floor(seconds ?? 0));
  const minutes = Math.floor(whole / 60);
  const rest = String(whole % 60).padStart(2, "0");
  return minutes < 60
    ? `${minutes}:${rest}`
    : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

/**
 * Tempo as three texts: of the rep that is under way, else of the last one.
 * @param {Phase | null | undefined} phase
 * @param {Pick<Rep, "tempo">[] | undefined} last
 */
export function tempoTexts(phase, last) {
  if (phase) return [phase.lowering_s, phase.bottom_s, phase.rising_s].map((s) => (isNumber(s) ? s.toFixed(1) : "-"));
  const parts = plain(last?.at(-1)?.tempo ?? "").split("-");
  return parts.length === 3 ? parts : ["-", "-", "-"];
}

/**
 * What a bend is called: a rep by its number, anything else by its kind.
 * @param {string} name
 */
export function repTitle(name) {
  const clean = plain(name);
  return /^\d+$/.test(clean) ? `Rep ${clean}` : clean.charAt(0).toUpperCase() + clean.slice(1);
}

/**
 * Everything known of one rep, in a sentence or two.
 * @param {Rep} rep
 */
export function repDetail({ name, verdict, why, peak, tempo, depth_deg, movement, tap, todo, by_eye }) {
  const title = repTitle(name);
  const figures = [
    by_eye ? `${words(by_eye)} by eye` : "",
    peak ? `peak ${plain(peak).replace("-", "\u2212")}°` : "",
    isNumber(depth_deg) ? `depth ${Math.round(depth_deg)}°` : "",
    tempo ? `tempo ${plain(tempo)} s` : "",
    plain(tap),
    words(movement),
    plain(todo),
  ].filter(Boolean);
  const verdictText = words(verdict) + (why ? `: ${plain(why)}` : "");
  return [`${title} ${verdictText}`, ...figures].join(" · ");
}

/**
 * A set's summary as what is read from afar, "6 reps, 5 held", and what is read from near: where reps were lost. No line
 * ends between a number and what it counts.
 * @param {string} text
 */
export function headAndRest(text) {
  const [head, ...rest] = plain(text).split("; ");
  return [head.replaceAll(/(\d|none) (?=\p{L})/gu, "$1\u00a0"), rest.join("; ")];
}

/**
 * The messages without the one that the card of the summary says already.
 * @param {{ messages: Message[], summary: Pick<Summary, "text"> | null }} state
 */
export function messagesBeside({ messages, summary }) {
  return messages.filter(({ text }) => !summary || !text.endsWith(summary.text));
}

/**
 * Whether what is to be done fills the page, or is a hint beside a practice that can go on.
 * @param {Pick<State, "step" | "over" | "calibrating" | "sensors">} state
 */
export function stepFillsPage(state) {
  if (!state.step || state.over) return false;
  return Boolean(state.calibrating || state.step.asking || state.step.count || !state.sensors.length);
}

/**
 * A load that a person typed: kg, or a sentence that says what is wrong.
 * @param {string} text
 * @param {Range} range
 * @returns {{ load_kg?: number, problem?: string }}
 */
export function parseLoad(text, { least, most }) {
  const clean = text.trim().replace(",", ".");
  const load_kg = Number(clean);
  if (clean === "" || !Number.isFinite(load_kg)) return { problem: "Give the load as a number, in kg." };
  if (load_kg < least || load_kg > most) return { problem: `A load is between ${least} and ${most} kg.` };
  return { load_kg: Math.round(100 * load_kg) / 100 };
}

/**
 * A distance to the wall that a person typed: cm, or a sentence that says what is wrong.
 * @param {string} text
 * @param {Range} range
 * @returns {{ wall_cm?: number, problem?: string }}
 */
export function parseWall(text, { least, most }) {
  const clean = text.trim().replace(",", ".");
  const wall_cm = Number(clean);
  if (clean === "" || !Number.isFinite(wall_cm)) return { problem: "Give the distance as a number, in cm." };
  if (wall_cm < least || wall_cm > most) return { problem: `A distance is between ${least} and ${most} cm.` };
  return { wall_cm: Math.round(10 * wall_cm) / 10 };
}

/** @param {number} load_kg */
export function kilograms(load_kg) {
  return `${load_kg} kg`;
}
