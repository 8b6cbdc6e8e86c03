// Runs in a page before the page's own scripts: writes down what a person there sees and hears, and when.
(() => {
  const seen = { contact: [], reps: [], connection: [], steps: [], frames: [], pictures: [], notes: [], sound: [], violations: [] };
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

  const Source = window.EventSource;
  window.EventSource = class extends Source {
    constructor(...given) {
      super(...given);
      this.addEventListener("now", ({ data }) => {
        const { t, trace } = JSON.parse(data);
        const span_s = trace.length ? trace.at(-1)[0] - trace[0][0] : 0;
        seen.frames.push([Date.now(), t, span_s]);
      });
    }
  };

  // --- what is heard: how loud it is where the sound leaves the page, 25 times a second, and each note that begins

  const connect = AudioNode.prototype.connect;
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to === this.context.destination) {
      const ear = new AnalyserNode(this.context, { fftSize: 2048 });
      const wave = new Float32Array(ear.fftSize);
      connect.call(this, ear);
      setInterval(() => {
        ear.getFloatTimeDomainData(wave);
        const loudest = wave.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
        seen.sound.push([Date.now(), this.context.state, loudest]);
      }, 40);
    }
    return connect.call(this, to, ...rest);
  };
  const Oscillator = window.OscillatorNode;
  window.OscillatorNode = class extends Oscillator {
    start(at_s = 0) {
      seen.notes.push([Date.now(), this.frequency.value]);
      super.start(at_s);
    }
  };

  // --- a picture that stays: the page draws nothing more, so that it can be looked at for as long as it takes

  const draw = window.requestAnimationFrame.bind(window);
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
  /** Stay once the contact card has been in this state for as long as a person needs to see it. */
  window.stayWhen = (state, where) => {
    const contact = document.getElementById("contact");
    const isSo = () => contact.dataset.state === state && contact.textContent.includes(where);
    const observer = new MutationObserver(() => {
      if (!isSo()) return;
      observer.disconnect();
      setTimeout(() => window.stay(), 250);
    });
    observer.observe(contact, { attributes: true, childList: true, characterData: true, subtree: true });
  };
})();
