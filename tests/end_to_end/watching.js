// Runs in a page before the page's own scripts: writes down what a person there sees and hears, and when.
(() => {
  const kinds = ["contact", "reps", "connection", "steps", "frames", "pictures", "shown", "cues", "sound", "violations"];
  const seen = Object.fromEntries(kinds.map((kind) => [kind, []]));
  window.seen = seen;
  window.boom = () => seen.violations.push("a name was taken for markup");
  document.addEventListener("securitypolicyviolation", (event) => seen.violations.push(`${event.violatedDirective} ${event.blockedURI}`));

  // --- what is seen

  const follow = (id, list, read) => {
    const element = id ? document.getElementById(id) : document.body;
    const look = () => {
      const value = read(element);
      if (list.at(-1)?.[1] !== value) list.push([Date.now(), value]);
    };
    new MutationObserver(look).observe(element, { attributes: true, childList: true, characterData: true, subtree: true });
    look();
  };
  document.addEventListener("DOMContentLoaded", () => {
    if (!document.getElementById("lifter")) return; // the page of a phone that is a sensor
    follow("contact", seen.contact, (contact) => contact.dataset.state);
    follow("reps", seen.reps, (reps) => Number(reps.textContent));
    new MutationObserver(() => {
      const { connection } = document.body.dataset;
      if (seen.connection.at(-1)?.[1] !== connection) seen.connection.push([Date.now(), connection]);
    }).observe(document.body, { attributes: true, attributeFilter: ["data-connection"] });
    follow("step", seen.steps, (step) => {
      const text = (id) => document.getElementById(id).textContent;
      const progress = document.getElementById("step-ring").dataset.progress;
      return step.hidden ? "" : [text("step-title"), text("step-place"), progress, text("step-problem").trim()].join("|");
    });
    new MutationObserver(() => seen.pictures.push(Date.now())).observe(document.getElementById("lifter"), { attributes: true, subtree: true });
  });

  let state = null; // the latest that the page was told, as text: the same for all who look
  let now = null;
  const Source = window.EventSource;
  window.EventSource = class extends Source {
    constructor(...given) {
      super(...given);
      this.addEventListener("state", ({ data }) => {
        state = data;
      });
      this.addEventListener("now", ({ data }) => {
        now = JSON.parse(data);
        const { t, trace } = now;
        const span_s = trace.length ? trace.at(-1)[0] - trace[0][0] : 0;
        seen.frames.push([Date.now(), t, span_s]);
      });
      this.addEventListener("cue", ({ data }) => {
        const { kind, point, time_s } = JSON.parse(data);
        seen.cues.push([Date.now(), kind, point, time_s, []]); // the notes that follow are of this cue
      });
    }
  };

  // --- what each picture shows: that is what the page was told last, whatever the pace of the machine

  const textOf = (id) => document.getElementById(id).textContent;
  const marks = (id, name) => [...document.querySelectorAll(`#${id} [data-${name}]`)];
  const shown = () => ({
    reps: textOf("reps"),
    set: textOf("set"),
    last: marks("last-reps", "rep").map((mark) => mark.dataset.state),
    sensors: marks("sensors", "sensor").map((mark) => mark.dataset.link),
  });
  const WORST_FIRST = ["lost", "near", "held"];
  let drawn = null;
  const look = () => {
    if (!document.getElementById("lifter") || state === null || now === null) return;
    const told = JSON.parse(state);
    const states = Object.values(now.contacts ?? {});
    const worst = WORST_FIRST.find((each) => states.includes(each)) ?? "unknown";
    if (textOf("reps") !== String(told.reps)) seen.violations.push(`a picture shows ${textOf("reps")} of ${told.reps} reps`);
    const { state: contact } = document.getElementById("contact").dataset;
    if (contact !== worst) seen.violations.push(`a picture shows ${contact}, and the frame says ${worst}`);
    if (state !== drawn) seen.shown.push([Date.now(), state, shown()]);
    drawn = state;
  };

  // --- what is heard: each note that begins, and how loud it was where the sound leaves the page over the last 0.34 s,
  // ten times a second, so that nothing is missed while the machine is busy elsewhere

  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to === this.context.destination) {
      const ear = new AnalyserNode(this.context, { fftSize: 16384 });
      const wave = new Float32Array(ear.fftSize);
      connect.call(this, ear);
      setInterval(() => {
        ear.getFloatTimeDomainData(wave);
        const loudest = wave.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        seen.sound.push([Date.now(), this.context.state, loudest]);
      }, 100);
    }
    return connect.call(this, to, ...rest);
  };
  const Oscillator = window.OscillatorNode;
  window.OscillatorNode = class extends Oscillator {
    start(at_s = 0) {
      seen.cues.at(-1)?.[4].push(this.frequency.value);
      super.start(at_s);
    }
  };

  // --- a picture that stays: the page draws nothing more, so that it can be looked at for as long as it takes

  const request = window.requestAnimationFrame.bind(window);
  const draw = (callback) =>
    request((time_ms) => {
      callback(time_ms);
      look();
    });
  let waiting = null;
  window.requestAnimationFrame = (callback) => (waiting ? waiting.push(callback) : draw(callback));
  window.stay = () => {
    waiting ??= [];
    document.body.dataset.stays = "";
  };
  window.goOn = () => {
    const due = waiting ?? [];
    waiting = null;
    delete document.body.dataset.stays;
    due.forEach((callback) => draw(callback));
  };
  /** Stay as soon as the contact card is in this state. */
  window.stayWhen = (state, where) => {
    const contact = document.getElementById("contact");
    const isSo = () => contact.dataset.state === state && contact.textContent.includes(where);
    if (isSo()) return window.stay();
    const observer = new MutationObserver(() => {
      if (!isSo()) return;
      observer.disconnect();
      window.stay();
    });
    observer.observe(contact, { attributes: true, childList: true, characterData: true, subtree: true });
  };
})();
