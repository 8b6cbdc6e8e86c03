// The sounds as numbers: the same rhythms and pitches as on the computer's loudspeaker, so that they are learnt once.

/** @import { Cue } from "./frames.js" */

const TONE_LOW_HZ = 330;
const TONE_HIGH_HZ = 880;
const LOUDEST_LEVEL = 1.25;

/**
 * Pitch of the steady tone: from the warning limit (level 0) to the loss of contact (1), equal steps to the ear.
 * @param {number} level
 */
export function toneHz(level) {
  const held = Math.min(Math.max(level, 0), LOUDEST_LEVEL);
  return TONE_LOW_HZ * (TONE_HIGH_HZ / TONE_LOW_HZ) ** held;
}

/** Strength of a note's harmonics; the second is the strongest, so that a small speaker loses nothing. */
export const HARMONICS = [0.6, 1.0, 0.8, 0.5, 0.25];

// Of full scale; one of each may sound together.
export const SOUND_PEAK = 0.45;
export const TICK_PEAK = 0.2;
export const TONE_PEAK = 0.25;

/** @typedef {{ hz: number, length_s: number, pause_s: number, end_hz: number }} Beat */

/** @returns {Beat} */
const beat = (/** @type {number} */ hz, /** @type {number} */ length_s, pause_s = 0, end_hz = hz) => ({
  hz,
  length_s,
  pause_s,
  end_hz,
});

/** @type {Record<string, string>} */
const SOUNDS_AS = { floor: "sacrum" }; // lying it is the low back that is lost, too

/**
 * Two low, four quick in the middle, one long high: told apart by rhythm as well as by pitch.
 * @type {Record<string, Beat[]>}
 */
export const POINT_BEATS = {
  sacrum: [beat(440, 0.13, 0.07), beat(440, 0.13)],
  upper_back: [beat(660, 0.06, 0.04), beat(660, 0.06, 0.04), beat(660, 0.06, 0.04), beat(660, 0.06)],
  head: [beat(990, 0.4)],
};

/** A falling note: this rep lost contact. The sound of the point follows. */
const REP_BEATS = [beat(1000, 0.12, 0.1, 500)];

/**
 * What a cue sounds like; null for a tick, which is a knock and no note, and for what is only spoken.
 * @param {Pick<Cue, "kind" | "point">} cue
 */
export function beatsOf({ kind, point }) {
  if (kind === "contact") return POINT_BEATS[SOUNDS_AS[point] ?? point] ?? REP_BEATS;
  if (kind === "verdict") return [...REP_BEATS, ...(POINT_BEATS[SOUNDS_AS[point] ?? point] ?? [])];
  return null;
}

/**
 * The same rhythm for the hand: ms on, ms off, ms on ...
 * @param {Pick<Cue, "kind" | "point">} cue
 */
export function buzzOf(cue) {
  if (cue.kind === "tick") return [35];
  const pattern = (beatsOf(cue) ?? []).flatMap(({ length_s, pause_s }) => [1000 * length_s, 1000 * pause_s]);
  return pattern.slice(0, -1).map(Math.round);
}

/** @param {Beat[]} beats */
export function lengthOf(beats) {
  return beats.reduce((sum, { length_s, pause_s }) => sum + length_s + pause_s, 0);
}
