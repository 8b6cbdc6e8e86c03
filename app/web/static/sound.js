// What is heard and felt: a tone that rises, a sound and a buzz for each point, a tick per rep, the summary spoken.
// Browsers let a page sound only after a tap, so everything here waits for toggle() or unlock().

import { HARMONICS, SOUND_PEAK, TICK_PEAK, TONE_PEAK, beatsOf, buzzOf, lengthOf, toneHz } from "./beats.js";

const KEY = "dowel-sound";
const ATTACK_S = 0.01; // shorter ones click and startle, longer ones are hard to place in a movement
const RELEASE_S = 0.02;
const GLIDE_S = 0.03; // a step between two frames is not heard as one
const TONE_LASTS_S = 0.3; // a tone whose frames stop coming ends by itself
const WAITS_AT_MOST_S = 1; // rhythms on top of each other say nothing, but a cue that waits longer is out of date
const TICK = { kind: "tick", point: "" };

export class Sound {
  #cues = null; // as the program tells them
  #changed;
  #choice = read(); // "on" or "off" as chosen on this device, null before
  #context = null;
  #master = null;
  #wave = null;
  #tone = null;
  #toneGain = null;
  #busyUntil_s = 0;

  /** `changed()` is called whenever `state` may have changed. */
  constructor(changed) {
    this.#changed = changed;
  }

  /** "locked" until a tap, "on", "off" (by choice here), or "missing" where the browser has no WebAudio. */
  get state() {
    if (!window.AudioContext) return "missing";
    if (this.#choice === "off") return "off";
    return this.#choice === "on" && this.#context?.state === "running" ? "on" : "locked";
  }

  /** Call it from a tap or a key press: who had the sound on before a reload has it again. */
  async unlock() {
    if (!window.AudioContext || this.#choice !== "on") return;
    if (!this.#context) this.#build();
    if (this.#context.state !== "running") await this.#context.resume().catch(() => {});
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
      await this.#context?.suspend().catch(() => {});
    }
    this.#changed();
  }

  #choose(choice) {
    this.#choice = choice;
    keep(choice);
  }

  #build() {
    const context = new AudioContext({ latencyHint: "interactive" });
    this.#master = new GainNode(context, { gain: this.#volume });
    this.#master.connect(context.destination);
    this.#wave = new PeriodicWave(context, { imag: [0, ...HARMONICS] });
    this.#tone = new OscillatorNode(context, { periodicWave: this.#wave, frequency: toneHz(0) });
    this.#toneGain = new GainNode(context, { gain: 0 });
    this.#tone.connect(this.#toneGain).connect(this.#master);
    this.#tone.start();
    context.addEventListener("statechange", () => this.#changed()); // a phone call takes the sound away
    this.#context = context;
  }

  get #volume() {
    return Math.min(Math.max(this.#cues?.volume ?? 0.7, 0), 1);
  }

  /** The cues as they are set now. */
  follow(cues) {
    this.#cues = cues;
    this.#master?.gain.setTargetAtTime(this.#volume, this.#context.currentTime, GLIDE_S);
    if (!this.#wants("tone")) this.silence();
  }

  #wants(which) {
    return this.#cues !== null && this.#cues.in_force !== "off" && Boolean(this.#cues[which]);
  }

  /** The steady tone of this frame; null is silence. Without further frames it ends by itself. */
  tone(level) {
    if (this.state !== "on") return;
    if (level === null || level === undefined || !this.#wants("tone")) {
      this.silence();
      return;
    }
    const now_s = this.#context.currentTime;
    const { gain } = this.#toneGain;
    this.#tone.frequency.setTargetAtTime(toneHz(level), now_s, GLIDE_S);
    gain.cancelScheduledValues(now_s);
    gain.setTargetAtTime(TONE_PEAK, now_s, ATTACK_S);
    gain.setTargetAtTime(0, now_s + TONE_LASTS_S, RELEASE_S);
  }

  silence() {
    if (!this.#context) return;
    const now_s = this.#context.currentTime;
    this.#toneGain.gain.cancelScheduledValues(now_s);
    this.#toneGain.gain.setTargetAtTime(0, now_s, ATTACK_S);
  }

  /** A cue of the program, in time. */
  cue(cue) {
    if (!cue.sounds) return; // only to be shown
    if (cue.kind === "summary" || cue.kind === "said") {
      if (cue.spoken) this.#say(cue.text);
      return;
    }
    this.#give(cue);
    if (this.#wants("vibration")) buzz(buzzOf(cue));
  }

  /** One of the sounds, for learning which is which: a point, or "rep". */
  async tryOut(name) {
    this.#choose("on");
    await this.unlock();
    const cue = name === "rep" ? TICK : { kind: "contact", point: name };
    this.#busyUntil_s = 0;
    this.#give(cue);
    buzz(buzzOf(cue));
  }

  #say(text) {
    if (!window.speechSynthesis || this.state !== "on" || !text) return;
    window.speechSynthesis.cancel(); // the latest summary is the one that matters
    const utterance = new SpeechSynthesisUtterance(String(text).slice(0, 300));
    utterance.lang = "en";
    utterance.volume = this.#volume;
    window.speechSynthesis.speak(utterance);
  }

  #give(cue) {
    if (this.state !== "on") return;
    const beats = beatsOf(cue);
    if (beats) this.#play(beats);
    else this.#knock();
  }

  #play(beats) {
    const now_s = this.#context.currentTime;
    let at_s = Math.max(now_s, this.#busyUntil_s);
    if (at_s - now_s > WAITS_AT_MOST_S) return;
    this.#busyUntil_s = at_s + lengthOf(beats);
    for (const beat of beats) {
      this.#note(beat, at_s);
      at_s += beat.length_s + beat.pause_s;
    }
  }

  #note({ hz, length_s, end_hz }, at_s) {
    const context = this.#context;
    const note = new OscillatorNode(context, { periodicWave: this.#wave, frequency: hz });
    const gain = this.#switch(note, at_s, at_s + length_s);
    note.frequency.setValueAtTime(hz, at_s);
    if (end_hz !== hz) note.frequency.exponentialRampToValueAtTime(end_hz, at_s + length_s);
    gain.setValueAtTime(0, at_s); // ramps at both ends: a step would click
    gain.linearRampToValueAtTime(SOUND_PEAK, at_s + ATTACK_S);
    gain.setValueAtTime(SOUND_PEAK, at_s + length_s - RELEASE_S);
    gain.linearRampToValueAtTime(0, at_s + length_s);
  }

  /** A knock on wood: it begins quickly and dies away by itself. */
  #knock() {
    if (this.state !== "on") return;
    const at_s = this.#context.currentTime;
    for (const [hz, share] of [[1600, 0.7], [2400, 0.35]]) {
      const note = new OscillatorNode(this.#context, { frequency: hz });
      const gain = this.#switch(note, at_s, at_s + 0.1);
      gain.setValueAtTime(0, at_s);
      gain.linearRampToValueAtTime(share * TICK_PEAK, at_s + 0.002);
      gain.setTargetAtTime(0, at_s + 0.002, 0.012);
    }
  }

  /** Lets a note sound from one time to another; returns the strength, which begins at 0. */
  #switch(note, from_s, to_s) {
    const node = new GainNode(this.#context, { gain: 0 });
    note.connect(node).connect(this.#master);
    note.start(from_s);
    note.stop(to_s);
    return node.gain;
  }
}

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

function keep(choice) {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // then it holds until the page is closed
  }
}
