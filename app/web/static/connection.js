// The stream from the program, and what is sent back. Survives sleep, lost networks and a program that is gone.

export const SILENT_MS = 3000; // 75 frames have not come: say so
export const DEAD_MS = 6000; // a stream that was silent so long holds only old frames: begin again
const LOOK_MS = 1000;
const LATE_LOOK_MS = 2 * LOOK_MS;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const ANSWER_WITHIN_MS = 10_000;

export const KEY_REFUSED = "This page's key is no longer valid. Open the address that the program shows.";

/** @import { Cue, Now, State } from "./frames.js" */
/** @typedef {"connecting" | "live" | "lost" | "refused" | "over"} Status */

const isRefusal = (/** @type {number} */ status) => status === 401 || status === 403;

/**
 * The sentence in an answer that says no, or one of our own.
 * @param {Response} response
 */
async function reasonOf(response) {
  if (isRefusal(response.status)) return KEY_REFUSED;
  try {
    const { error } = await response.json();
    if (typeof error === "string" && error) return error;
  } catch {
    // no JSON: our own sentence will do
  }
  return `The program answered with error ${response.status}.`;
}

/**
 * Posts JSON. Gives the answer's JSON (null for none); throws a PostError with a sentence for people.
 * @param {string} path
 * @param {unknown} body
 */
export async function post(path, body, { withinMs = ANSWER_WITHIN_MS, keepalive = false } = {}) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(withinMs),
      cache: "no-store",
      keepalive,
    });
  } catch {
    throw new PostError("The program cannot be reached. Try again when the connection is back.", 0);
  }
  if (!response.ok) throw new PostError(await reasonOf(response), response.status);
  if (response.status === 204) return null;
  return response.json().catch(() => null);
}

/**
 * The JSON at a path, asked for until it is there; null once it is no longer wanted.
 * @param {string} path
 * @param {() => boolean} wanted
 */
export async function askUntilThere(path, wanted) {
  while (wanted()) {
    const found = await fetch(path, { cache: "no-store" })
      .then((answer) => (answer.ok ? answer.json() : null))
      .catch(() => null);
    if (found) return wanted() ? found : null;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return null;
}

export class PostError extends Error {
  /**
   * @param {string} sentence
   * @param {number} status
   */
  constructor(sentence, status) {
    super(sentence);
    this.status = status; // 0: nothing answered
  }

  get refused() {
    return isRefusal(this.status);
  }
}

/**
 * Who is told what comes; fresh() tells that a new stream begins.
 * @typedef {object} Handlers
 * @property {(state: State) => void} state
 * @property {(now: Now) => void} now
 * @property {(cue: Cue) => void} cue
 * @property {() => void} end
 * @property {(status: Status, sentence: string) => void} status
 * @property {() => void} fresh
 */

export class Connection {
  #handlers;
  /** @type {EventSource | null} */
  #source = null;
  /** @type {Status} */
  #status = "connecting";
  #heard_ms = 0;
  #looked_ms = 0;
  #wait_ms = FIRST_WAIT_MS;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #retry;
  /** The session is over: a stream that ends now is not to be asked for again. */
  ending = false;

  /** @param {Handlers} handlers */
  constructor(handlers) {
    this.#handlers = handlers;
  }

  start() {
    this.#open();
    this.#looked_ms = Date.now();
    setInterval(() => this.#look(), LOOK_MS);
    window.addEventListener("online", () => this.#hurry());
    document.addEventListener("visibilitychange", () => document.hidden || this.#hurry());
    // the browser keeps a page that was left for the way back: without this its stream would stay open unseen
    window.addEventListener("pagehide", () => this.#close());
    window.addEventListener("pageshow", (event) => event.persisted && !this.finished && this.#open());
  }

  get finished() {
    return this.#status === "over" || this.#status === "refused";
  }

  refuse() {
    this.#finish("refused", KEY_REFUSED);
  }

  #open() {
    this.#close();
    this.#heard_ms = Date.now();
    this.#handlers.fresh();
    const source = new EventSource("/live");
    this.#source = source;
    for (const kind of /** @type {const} */ (["state", "now", "cue"])) {
      source.addEventListener(kind, (event) => this.#hear(source, kind, event.data));
    }
    source.addEventListener("open", () => {
      if (source === this.#source) this.#heard_ms = Date.now();
    });
    source.addEventListener("end", () => source === this.#source && this.#end());
    source.addEventListener("error", () => source === this.#source && this.#failed(source));
  }

  #close() {
    clearTimeout(this.#retry);
    this.#source?.close();
    this.#source = null;
  }

  /**
   * @param {EventSource} source
   * @param {"state" | "now" | "cue"} kind
   * @param {string} text
   */
  #hear(source, kind, text) {
    if (source !== this.#source) return;
    const silent_ms = Date.now() - this.#heard_ms;
    if (silent_ms > DEAD_MS) {
      this.#open(); // woken from sleep: rather the state of now than a flood of what was
      return;
    }
    let data;
    try {
      data = JSON.parse(text);
    } catch {
      return; // cut off in transit; the next frame is 40 ms away
    }
    this.#heard_ms = Date.now();
    this.#wait_ms = FIRST_WAIT_MS;
    this.#tell("live");
    this.#handlers[kind](data);
  }

  #end() {
    this.#finish("over");
    this.#handlers.end();
  }

  /** @param {"over" | "refused"} status */
  #finish(status, sentence = "") {
    this.#close();
    this.#tell(status, sentence);
  }

  /**
   * The browser tries again by itself unless it has given up, as after an answer that is no stream.
   * @param {EventSource} source
   */
  #failed(source) {
    if (this.ending) {
      this.#end();
      return;
    }
    this.#tell("lost");
    if (source.readyState !== EventSource.CLOSED) {
      this.#handlers.fresh();
      return;
    }
    this.#close();
    this.#ask().catch(() => this.#later());
  }

  /** An EventSource does not say why it was refused, so ask once more and look at the answer. */
  async #ask() {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), ANSWER_WITHIN_MS);
    try {
      const headers = { Accept: "text/event-stream" };
      const response = await fetch("/live", { headers, signal: stop.signal, cache: "no-store" });
      if (isRefusal(response.status)) {
        this.#finish("refused", KEY_REFUSED);
        return;
      }
      if (!response.ok) this.#tell("lost", await reasonOf(response));
    } finally {
      clearTimeout(timer);
      stop.abort();
    }
    this.#later();
  }

  #later() {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#open(), this.#wait_ms);
    this.#wait_ms = Math.min(2 * this.#wait_ms, LONGEST_WAIT_MS);
  }

  #look() {
    const now_ms = Date.now();
    const late = now_ms - this.#looked_ms > LATE_LOOK_MS;
    this.#looked_ms = now_ms;
    if (late) return; // this page itself stood still: what came meanwhile is heard after this
    const silent_ms = now_ms - this.#heard_ms;
    if (this.finished || this.#source === null || silent_ms < SILENT_MS) return;
    this.#tell("lost");
    if (silent_ms > DEAD_MS) {
      this.#close();
      this.#later();
    }
  }

  /** The network or the page is back: no reason to wait for the next try. */
  #hurry() {
    if (this.finished || Date.now() - this.#heard_ms < SILENT_MS) return;
    this.#wait_ms = FIRST_WAIT_MS;
    this.#open();
  }

  /** @param {Status} status */
  #tell(status, sentence = "") {
    if (status === this.#status && !sentence) return;
    this.#status = status;
    this.#handlers.status(status, sentence);
  }
}
