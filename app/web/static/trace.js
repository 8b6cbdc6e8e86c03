// The deviation of the last 20 seconds with its limits: rounding upwards, arching downwards, the lean behind it.

import { byId } from "./dom.js";

/** @import { Limits, TracePoint } from "./frames.js" */
/** @typedef {(value: number) => number} Scale */

export const SHOWN_S = 20;
const SCALE_DEG = 20; // past the widest limit (18 deg), and a good rep still shows
const LEAN_DEG = 100; // full height for the lean behind it
const NEVER_DEG = 180; // a limit beyond it is none: lying nobody can press too hard
const GAP_S = 2; // over a longer gap no line is drawn; a replay at ten times the speed has a point every 0.4 s

/** Points of the last 20 s, oldest first. Times that do not grow (another stream, a replay begun again) clear it. */
export class TraceBuffer {
  /** @type {TracePoint[]} */
  points = [];

  /** @param {TracePoint[]} points */
  add(points) {
    for (const point of points) {
      const latest = this.points.at(-1);
      if (latest && point[0] < latest[0] - 1) this.points = [];
      else if (latest && point[0] <= latest[0]) continue; // sent again after connecting again
      this.points.push(point);
    }
    const newest_s = this.points.at(-1)?.[0] ?? 0;
    let old = 0;
    while (old < this.points.length && this.points[old][0] < newest_s - SHOWN_S - 1) old += 1;
    if (old > 0) this.points.splice(0, old);
  }
}

/**
 * How a deviation stands to the limits: held, near, lost, or unknown.
 * @param {number | null | undefined} deviation_deg
 * @param {Limits | null | undefined} limits
 */
export function zoneOf(deviation_deg, limits) {
  if (deviation_deg === null || deviation_deg === undefined || !limits) return "unknown";
  const arching = deviation_deg < 0;
  const away_deg = Math.abs(deviation_deg);
  if (away_deg > (arching ? limits.arching_lost_deg : limits.lost_deg)) return "lost";
  return away_deg > (arching ? limits.arching_warn_deg : limits.warn_deg) ? "near" : "held";
}

export class Trace {
  buffer = new TraceBuffer();
  #canvas = byId("trace", HTMLCanvasElement);
  #context = contextOf(this.#canvas);
  /** @type {Record<string, string>} */
  #colours = {};
  #size = { width: 0, height: 0 };
  /** @type {Limits | null} */
  #limits = null;

  constructor() {
    this.#readColours();
    window.addEventListener("themechange", () => {
      this.#readColours();
      this.draw();
    });
    new ResizeObserver(([{ contentRect }]) => {
      this.#size = { width: contentRect.width, height: contentRect.height };
      this.draw();
    }).observe(this.#canvas);
  }

  /** A canvas knows no style sheet: the colours are looked up when the theme changes, not for each picture. */
  #readColours() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["ink", "quiet", "line", "well", "held", "close", "lost", "close-fill", "lost-fill"]) {
      this.#colours[name] = style.getPropertyValue(`--${name}`).trim();
    }
  }

  /** @param {Limits | null} limits */
  set limits(limits) {
    this.#limits = limits;
  }

  draw() {
    const { width, height } = this.#size;
    if (width < 2 || height < 2) return;
    const density = Math.min(window.devicePixelRatio || 1, 2);
    const [pixels_x, pixels_y] = [Math.round(width * density), Math.round(height * density)];
    if (this.#canvas.width !== pixels_x) this.#canvas.width = pixels_x;
    if (this.#canvas.height !== pixels_y) this.#canvas.height = pixels_y;
    const c = this.#context;
    c.setTransform(density, 0, 0, density, 0, 0);
    c.clearRect(0, 0, width, height);
    const newest_s = this.buffer.points.at(-1)?.[0] ?? 0;
    const right = height > 240 ? 58 : 44; // figures of the limits
    /** @type {Scale} */
    const x = (t_s) => width - right - ((newest_s - t_s) / SHOWN_S) * (width - right);
    /** @type {Scale} */
    const y = (deg) => yOf(deg, height);
    c.save();
    c.beginPath();
    c.rect(0, 0, width - right, height);
    c.clip();
    this.#drawLean(x, height);
    this.#drawBands(y, width - right, height);
    this.#drawLine(x, y);
    c.restore();
    this.#drawFigures(y, width, right, height);
  }

  /**
   * @param {Scale} x
   * @param {number} height
   */
  #drawLean(x, height) {
    const c = this.#context;
    const points = this.buffer.points;
    const newest = points.at(-1);
    if (!newest) return;
    c.fillStyle = this.#colours.well;
    c.beginPath();
    c.moveTo(x(points[0][0]), height);
    for (const [t_s, , lean_deg] of points) c.lineTo(x(t_s), height - (Math.max(lean_deg ?? 0, 0) / LEAN_DEG) * height);
    c.lineTo(x(newest[0]), height);
    c.fill();
  }

  /**
   * @param {Scale} y
   * @param {number} width
   * @param {number} height
   */
  #drawBands(y, width, height) {
    const c = this.#context;
    const limits = this.#limits;
    if (limits) {
      c.globalAlpha = 0.16;
      c.fillStyle = this.#colours["close-fill"];
      if (limits.lost_deg < NEVER_DEG)
        c.fillRect(0, y(limits.lost_deg), width, y(limits.warn_deg) - y(limits.lost_deg));
      c.fillRect(0, y(-limits.arching_warn_deg), width, y(-limits.arching_lost_deg) - y(-limits.arching_warn_deg));
      c.globalAlpha = 0.2;
      c.fillStyle = this.#colours["lost-fill"];
      if (limits.lost_deg < NEVER_DEG) c.fillRect(0, 0, width, y(limits.lost_deg));
      c.fillRect(0, y(-limits.arching_lost_deg), width, height - y(-limits.arching_lost_deg));
      c.globalAlpha = 1;
      for (const [deg, name, dash] of limitLines(limits)) this.#rule(y(deg), width, this.#colours[name], dash);
    }
    this.#rule(y(0), width, this.#colours.quiet, []);
  }

  /**
   * @param {number} at
   * @param {number} width
   * @param {string} colour
   * @param {number[]} dash
   */
  #rule(at, width, colour, dash) {
    const c = this.#context;
    c.strokeStyle = colour;
    c.lineWidth = 1;
    c.setLineDash(dash);
    c.beginPath();
    c.moveTo(0, Math.round(at) + 0.5);
    c.lineTo(width, Math.round(at) + 0.5);
    c.stroke();
    c.setLineDash([]);
  }

  /**
   * One stroke per zone: within the limits thin, beyond them thicker, so that it shows without colour.
   * @param {Scale} x
   * @param {Scale} y
   */
  #drawLine(x, y) {
    const c = this.#context;
    /** @type {Record<string, [string, number]>} */
    const looks = { held: ["held", 2.5], near: ["close", 4], lost: ["lost", 6], unknown: ["ink", 2] };
    c.lineJoin = c.lineCap = "round";
    for (const [zone, [colour, width]] of Object.entries(looks)) {
      c.strokeStyle = this.#colours[colour];
      c.lineWidth = width;
      c.beginPath();
      /** @type {TracePoint | null} */
      let before = null;
      for (const point of this.buffer.points) {
        const [t_s, deg] = point;
        const [before_s, before_deg] = before ?? [-Infinity, null];
        const joined = before_deg !== null && t_s - before_s < GAP_S;
        if (joined && deg !== null && zoneOf(deg, this.#limits) === zone) {
          c.moveTo(x(before_s), y(before_deg));
          c.lineTo(x(t_s), y(deg));
        }
        before = point;
      }
      c.stroke();
    }
  }

  /**
   * @param {Scale} y
   * @param {number} width
   * @param {number} right
   * @param {number} height
   */
  #drawFigures(y, width, right, height) {
    const c = this.#context;
    const letters_px = Math.min(Math.max(0.07 * height, 12), 20);
    c.font = `600 ${letters_px}px system-ui, sans-serif`;
    c.textBaseline = "middle";
    /** @type {[number, string, ...unknown[]][]} */
    const figures = [[0, "quiet"], ...(this.#limits ? limitLines(this.#limits) : [])];
    /** @type {number[]} */
    const taken = [];
    for (const [deg, colour] of figures) {
      const at = Math.min(Math.max(y(deg), letters_px / 2), height - letters_px / 2);
      if (taken.some((other) => Math.abs(other - at) < letters_px + 1)) continue; // no room: better one less than two unreadable
      taken.push(at);
      c.fillStyle = this.#colours[colour];
      c.fillText(`${Math.round(Math.abs(deg))}°`, width - right + 8, at);
    }
  }
}

/**
 * Where a deviation is drawn: rounding above the middle, arching below it, both no farther than the edge.
 * @param {number} deg
 * @param {number} height
 */
export function yOf(deg, height) {
  return height / 2 - (Math.min(Math.max(deg, -SCALE_DEG), SCALE_DEG) / SCALE_DEG) * (height / 2 - 4);
}

/** @param {HTMLCanvasElement} canvas */
function contextOf(canvas) {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser draws no canvas");
  return context;
}

/**
 * Limits both ways, the wider first: deg, colour, dash.
 * @param {Limits} limits
 */
function limitLines(limits) {
  /** @type {[number, string, number[]][]} */
  const lines = [
    [limits.lost_deg, "lost", []],
    [-limits.arching_lost_deg, "lost", []],
    [limits.warn_deg, "close", [5, 4]],
    [-limits.arching_warn_deg, "close", [5, 4]],
  ];
  return lines.filter(([deg]) => Math.abs(deg) < NEVER_DEG);
}
