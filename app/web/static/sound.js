// What is heard and felt: a tone that rises, a sound and a buzz for each point, a tick per rep, the summary spoken.
// Browsers let a page sound only after a tap, so everything here waits for toggle() or unlock().

import { beatsOf, buzzOf, HARMONICS, lengthOf, SOUND_PEAK, TICK_PEAK, TONE_PEAK, toneHz } from "./beats.js";

/** @import { Beat } from "./beats.js" */
/** @import { Cue, Cues } from "./frames.js" */
/** @typedef {{ context: AudioContext, master: GainNode, wave: PeriodicWave, tone: OscillatorNode, toneGain: AudioParam }} Player */

const KEY = "dowel-sound";
const ATTACK_S = 0.01; // shorter ones click and startle, longer ones are hard to place in a movement
const RELEASE_S = 0.02;
const GLIDE_S = 0.03; // a step between two frames is not heard as one
const TONE_LASTS_S = 0.3; // a tone whose frames stop coming ends by itself
const WAITS_AT_MOST_S = 1; // rhythms on top of each other say nothing, but a cue that waits longer is out of date
const WORD_WITHIN_MS = 3000; // a number or a point that waited longer belongs to another rep
const SENTENCE_WITHIN_MS = 12_000; // a summary is as true in the rest
const TALK_AGAIN_MS = 100;
const TICK = { kind: "tick", point: "" };

export class Sound {
  /** @type {Cues | null} */
  #cues = null; // as the program tells them
  #changed;
  #choice = read(); // "on" or "off" as chosen on this device, null before
  /** @type {Player | null} */
  #player = null;
  #busyUntil_s = 0;
  /** @type {{ text: string, until_ms: number }[]} */
  #words = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #talkAgain;
  #hushed = false;

  /**
   * `changed()` is called whenever `state` may have changed.
   * @param {() => void} changed
   */
  constructor(changed) {
    this.#changed = changed;
  }

  /** "locked" until a tap, "on", "off" (by choice here), or "missing" where the browser has no WebAudio. */
  get state() {
    if (!window.AudioContext) return "missing";
    if (this.#choice === "off") return "off";
    return this.#choice === "on" && this.#player?.context.state === "running" ? "on" : "locked";
  }

  /** Call it from a tap or a key press: who had the sound on before a reload has it again. */
  async unlock() {
    if (!window.AudioContext || this.#choice !== "on") return;
    this.#player ??= this.#build();
    if (this.#player.context.state !== "running") await this.#player.context.resume().catch(() => {});
    this.#changed();
  }

  /** The button: on, off, and on again. */
  async toggle() {
    const on = this.state !== "on";
    this.#choose(on ? "on" : "off");
    if (on) {
      await this.unlock();
      this.#knock();
    } else {
      window.speechSynthesis?.cancel();
      await this.#player?.context.suspend().catch(() => {});
    }
    this.#changed();
  }

  /** @param {"on" | "off"} choice */
  #choose(choice) {
    this.#choice = choice;
    keep(choice);
  }

  /** @returns {Player} */
  #build() {
    const context = new AudioContext({ latencyHint: "interactive" });
    const master = new GainNode(context, { gain: this.#volume });
    master.connect(context.destination);
    const wave = new PeriodicWave(context, { imag: [0, ...HARMONICS] });
    const tone = new OscillatorNode(context, { periodicWave: wave, frequency: toneHz(0) });
    const toneGain = new GainNode(context, { gain: 0 });
    tone.connect(toneGain).connect(master);
    tone.start();
    context.addEventListener("statechange", () => this.#changed()); // a phone call takes the sound away
    return { context, master, wave, tone, toneGain: toneGain.gain };
  }

  /** What plays, where it is to be heard. */
  get #playing() {
    return this.state === "on" ? this.#player : null;
  }

  get #volume() {
    return Math.min(Math.max(this.#cues?.volume ?? 0.7, 0), 1);
  }

  /**
   * The cues as they are set now.
   * @param {Cues} cues
   */
  follow(cues) {
    this.#cues = cues;
    this.#player?.master.gain.setTargetAtTime(this.#volume, this.#player.context.currentTime, GLIDE_S);
    if (!this.#wants("tone")) this.silence();
  }

  /** @param {"tone" | "vibration"} which */
  #wants(which) {
    return this.#cues !== null && this.#cues.in_force !== "off" && Boolean(this.#cues[which]);
  }

  /**
   * The steady tone of this frame; null is silence. Without further frames it ends by itself.
   * @param {number | null | undefined} level
   */
  tone(level) {
    const player = this.#playing;
    if (!player) return;
    if (level === null || level === undefined || !this.#wants("tone")) {
      this.silence();
      return;
    }
    this.#stopTalking();
    const { context, tone, toneGain } = player;
    const now_s = context.currentTime;
    this.#busyUntil_s = Math.max(this.#busyUntil_s, now_s + TONE_LASTS_S);
    tone.frequency.setTargetAtTime(toneHz(level), now_s, GLIDE_S);
    toneGain.cancelScheduledValues(now_s);
    toneGain.setTargetAtTime(TONE_PEAK, now_s, ATTACK_S);
    toneGain.setTargetAtTime(0, now_s + TONE_LASTS_S, RELEASE_S);
  }

  silence() {
    if (!this.#player) return;
    const { context, toneGain } = this.#player;
    toneGain.cancelScheduledValues(context.currentTime);
    toneGain.setTargetAtTime(0, context.currentTime, ATTACK_S);
  }

  /**
   * A cue of the program, in time.
   * @param {Cue} cue
   */
  cue(cue) {
    if (!cue.sounds) return; // only to be shown
    const isSentence = cue.kind === "summary" || cue.kind === "said";
    if (!isSentence) this.#give(cue);
    if (cue.spoken) this.#say(cue.text, isSentence ? SENTENCE_WITHIN_MS : WORD_WITHIN_MS);
    if (isSentence) return;
    if (this.#wants("vibration")) buzz(buzzOf(cue));
  }

  /**
   * One of the sounds, for learning which is which: a point, or "rep".
   * @param {string} name
   */
  async tryOut(name) {
    this.#choose("on");
    await this.unlock();
    const cue = name === "rep" ? TICK : { kind: "contact", point: name };
    this.#busyUntil_s = 0;
    this.#give(cue);
    buzz(buzzOf(cue));
  }

  /**
   * Words wait until no tone or cue sounds, and break off where one begins; in a step of the calibration there are none.
   * @param {string} text
   * @param {number} within_ms
   */
  #say(text, within_ms) {
    if (!window.speechSynthesis || this.state !== "on" || !text || this.#hushed) return;
    const word = { text: String(text).slice(0, 300), until_ms: performance.now() + within_ms };
    this.#words = [...this.#words, word].slice(-4);
    this.#talk();
  }

  #talk() {
    clearTimeout(this.#talkAgain);
    this.#words = this.#words.filter(({ until_ms }) => performance.now() <= until_ms);
    if (!this.#words.length) return;
    const busy_s = this.#busyUntil_s - (this.#player?.context.currentTime ?? 0);
    if (busy_s > 0 || window.speechSynthesis.speaking) {
      this.#talkAgain = setTimeout(() => this.#talk(), TALK_AGAIN_MS);
      return;
    }
    const [{ text }] = this.#words.splice(0, 1);
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.lang = "en";
    utterance.volume = this.#volume;
    utterance.addEventListener("end", () => this.#talk());
    window.speechSynthesis.speak(utterance);
  }

  /** A tone or a cue begins: no word may cover it. */
  #stopTalking() {
    if (window.speechSynthesis?.speaking) window.speechSynthesis.cancel();
  }

  /**
   * Somebody is to stand still, or no more.
   * @param {boolean} hushed
   */
  hush(hushed) {
    if (hushed && !this.#hushed) {
      this.#words = [];
      this.#stopTalking();
    }
    this.#hushed = hushed;
  }

  /** @param {Pick<Cue, "kind" | "point">} cue */
  #give(cue) {
    const beats = beatsOf(cue);
    if (beats) this.#play(beats);
    else this.#knock();
  }

  /** @param {Beat[]} beats */
  #play(beats) {
    const player = this.#playing;
    if (!player) return;
    const now_s = player.context.currentTime;
    let at_s = Math.max(now_s, this.#busyUntil_s);
    if (at_s - now_s > WAITS_AT_MOST_S) return;
    this.#stopTalking();
    this.#busyUntil_s = at_s + lengthOf(beats);
    for (const beat of beats) {
      playNote(player, beat, at_s);
      at_s += beat.length_s + beat.pause_s;
    }
  }

  /** A knock on wood: it begins quickly and dies away by itself. */
  #knock() {
    const player = this.#playing;
    if (!player) return;
    const at_s = player.context.currentTime;
    for (const [hz, share] of [
      [1600, 0.7],
      [2400, 0.35],
    ]) {
      const note = new OscillatorNode(player.context, { frequency: hz });
      const gain = soundFrom(player, note, at_s, at_s + 0.1);
      gain.setValueAtTime(0, at_s);
      gain.linearRampToValueAtTime(share * TICK_PEAK, at_s + 0.002);
      gain.setTargetAtTime(0, at_s + 0.002, 0.012);
    }
  }
}

/**
 * @param {Player} player
 * @param {Beat} beat
 * @param {number} at_s
 */
function playNote(player, { hz, length_s, end_hz }, at_s) {
  const note = new OscillatorNode(player.context, { periodicWave: player.wave, frequency: hz });
  const gain = soundFrom(player, note, at_s, at_s + length_s);
  note.frequency.setValueAtTime(hz, at_s);
  if (end_hz !== hz) note.frequency.exponentialRampToValueAtTime(end_hz, at_s + length_s);
  gain.setValueAtTime(0, at_s); // ramps at both ends: a step would click
  gain.linearRampToValueAtTime(SOUND_PEAK, at_s + ATTACK_S);
  gain.setValueAtTime(SOUND_PEAK, at_s + length_s - RELEASE_S);
  gain.linearRampToValueAtTime(0, at_s + length_s);
}

/**
 * Lets a note sound from one time to another; returns the strength, which begins at 0.
 * @param {Player} player
 * @param {OscillatorNode} note
 * @param {number} from_s
 * @param {number} to_s
 */
function soundFrom({ context, master }, note, from_s, to_s) {
  const node = new GainNode(context, { gain: 0 });
  note.connect(node).connect(master);
  note.start(from_s);
  note.stop(to_s);
  return node.gain;
}

/** @param {number[]} pattern */
function buzz(pattern) {
  // before the first tap Chrome refuses, and writes so into the console
  if (navigator.vibrate && navigator.userActivation?.hasBeenActive !== false) navigator.vibrate(pattern);
}

function read() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage is refused in some private windows
  }
}

/** @param {string} choice */
function keep(choice) {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // then it holds until the page is closed
  }
}
