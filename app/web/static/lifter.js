// The lifter from the side: the lines that the program draws, and at each point of the rod a mark with words.

import { byId, makeShape, makeSvg, setAttribute, setText, shapeOf, show, words } from "./dom.js";

/** @import { ContactState, Figure, Now, Point } from "./frames.js" */
/** @typedef {{ scale: number, left_px: number, bottom_px: number, place: (point: Point) => Point }} Projection */
/** @typedef {ReturnType<typeof makeMark>} Mark */

/** @type {Record<string, string>} */
const STATE_WORDS = { held: "held", near: "close", lost: "lost", unknown: "not judged", unmeasured: "not measured" };
const POINTS = ["sacrum", "upper_back", "head", "floor"];
const THINNEST_PX = 5;
const EDGE_PX = 3; // parts a line from what lies behind it
const SMALLEST_LABEL_PX = 13;

/**
 * Body shares to picture: as large as fits.
 * @param {number} width_px
 * @param {number} height_px
 * @param {Pick<Figure, "box" | "centred">} figure
 * @returns {Projection}
 */
export function projection(width_px, height_px, { box, centred }) {
  const scale = Math.min(width_px / (box.right - box.left), height_px / (box.top - box.bottom));
  const left_px = (width_px - scale * (box.right - box.left)) / 2 - scale * box.left;
  const below_px = centred ? (height_px - scale * (box.top - box.bottom)) / 2 : 0;
  const bottom_px = height_px - below_px + scale * box.bottom;
  return { scale, left_px, bottom_px, place: ([x, y]) => [left_px + scale * x, bottom_px - scale * y] };
}

/**
 * Whether two lines of words beside the head reach those beside the upper back.
 * @param {Figure["points"]} points
 * @param {Projection} view
 * @param {number} letters_px
 */
export function wordsMeet({ head, upper_back }, { place }, letters_px) {
  return Boolean(head && upper_back && place(upper_back.rod)[1] - place(head.rod)[1] < 2.4 * letters_px);
}

/** @param {number} value */
const round = (value) => Math.round(10 * value) / 10;

export class Lifter {
  #svg = byId("lifter", SVGSVGElement);
  #ground = makeSvg("line", { class: "ground" });
  #body = makeSvg("g");
  /** @type {Record<string, SVGPathElement>} */
  #paths = {};
  /** @type {Record<string, Mark>} */
  #marks = {};
  #size = { width: 0, height: 0 };
  /** @type {Pick<Now, "figure" | "contacts" | "gaps_mm">} */
  #now = {};

  constructor() {
    this.#svg.append(this.#ground, this.#body);
    for (const point of POINTS) {
      this.#marks[point] = makeMark(point);
      this.#svg.append(this.#marks[point].group);
    }
    new ResizeObserver(([{ contentRect }]) => {
      this.#size = { width: contentRect.width, height: contentRect.height };
      this.#draw();
    }).observe(this.#svg);
  }

  /**
   * What is measured now; nothing where nothing is known.
   * @param {Pick<Now, "figure" | "contacts" | "gaps_mm">} now
   */
  show(now) {
    this.#now = now;
    this.#draw();
  }

  #draw() {
    const { width, height } = this.#size;
    const { figure } = this.#now;
    show(byId("lifter-empty"), !figure);
    show(byId("leans"), Boolean(figure));
    setAttribute(this.#svg, "data-empty", !figure);
    if (!figure || !width || !height) return;
    const view = projection(width, height, figure);
    const [, ground] = view.place([0, figure.ground]);
    line(this.#ground, [0, ground], [width, ground]);
    this.#drawLines(figure, view);
    for (const point of POINTS) this.#drawPoint(point, figure, view);
    setAttribute(this.#svg, "aria-label", this.#spoken());
  }

  /**
   * @param {Figure} figure
   * @param {Projection} view
   */
  #drawLines(figure, { scale, left_px, bottom_px }) {
    setAttribute(this.#body, "transform", `translate(${round(left_px)} ${round(bottom_px)}) scale(${scale})`);
    for (const { name, path, width } of figure.lines) {
      if (width === null) {
        this.#drawPath(name, path);
      } else {
        const width_px = Math.max(THINNEST_PX, width * scale);
        this.#drawPath(`${name}-edge`, path, (width_px + EDGE_PX) / scale);
        this.#drawPath(name, path, width_px / scale);
      }
    }
  }

  /**
   * @param {string} name
   * @param {string} path
   * @param {number} [width] in shares of body height, as the path is
   */
  #drawPath(name, path, width = 0) {
    this.#paths[name] ??= this.#body.appendChild(makeSvg("path", { class: name }));
    const element = this.#paths[name];
    setAttribute(element, "d", path);
    setAttribute(element, "stroke-width", width.toFixed(4));
  }

  /**
   * @param {string} point
   * @param {Figure} figure
   * @param {Projection} view
   */
  #drawPoint(point, figure, view) {
    const mark = this.#marks[point];
    const [at, contact] = [figure.points[point], this.#now.contacts?.[point]];
    const shown = Boolean(at && contact && contact !== "unmeasured");
    setAttribute(mark.group, "visibility", shown ? "visible" : "hidden");
    if (!at || !contact) return;
    const { scale, place } = view;
    setAttribute(mark.group, "data-state", contact);
    setAttribute(mark.use, "href", `#shape-${shapeOf(contact)}`);
    const rod = place(at.rod);
    line(mark.gap, place(at.body), rod);
    setAttribute(mark.gap, "stroke-width", round(Math.max(4, 0.016 * scale)));
    // the mark sits outside on the rod, so that the gap on its inner side can be seen
    const size = Math.max(18, 0.062 * scale) * (contact === "lost" ? 1.25 : 1);
    const out = 0.55 * size + Math.max(THINNEST_PX, 0.013 * scale);
    const [dx, dy] = [figure.away[0], -figure.away[1]];
    /** @type {Point} */
    const middle = [rod[0] + dx * out, rod[1] + dy * out];
    square(mark.shape, middle, size);
    this.#drawLabel(point, contact, middle, size, figure, view);
  }

  /**
   * @param {string} point
   * @param {ContactState} contact
   * @param {Point} middle of its mark
   * @param {number} size of its mark
   * @param {Figure} figure
   * @param {Projection} view
   */
  #drawLabel(point, contact, [x, y], size, figure, view) {
    const { scale, place } = view;
    const mark = this.#marks[point];
    const letters = Math.max(SMALLEST_LABEL_PX, 0.034 * scale);
    const distance = 0.6 * size + 0.45 * letters;
    const [dx, dy] = [figure.away[0], -figure.away[1]];
    const { sacrum, upper_back } = figure.points;
    const apart = sacrum && upper_back ? place(sacrum.rod)[1] - place(upper_back.rod)[1] : 0;
    // beside a rod that stands the words end at the point; above one that lies they would meet, and spread instead
    const anchor = dx < -0.6 || apart > 2.4 * letters ? "end" : this.#lyingAnchor(point);
    const lift = Math.max(0, -dy) * 0.9 * letters; // beside it they are centred on the point, above it they stand on it
    const drop = Math.max(0, dy) * 0.7 * letters; // below a floor they hang under it
    const [left, top] = [x + dx * distance, y + dy * distance - lift + drop];
    const gap = this.#now.gaps_mm?.[point] ?? 0;
    const off = contact === "near" || contact === "lost";
    const state = STATE_WORDS[contact] ?? STATE_WORDS.unknown;
    const told = off && gap >= 1 ? `${state} ${Math.round(gap)} mm` : state;
    const head = (this.#now.contacts?.head ?? "unmeasured") !== "unmeasured";
    const oneLine = head && point !== "sacrum" && anchor === "end" && wordsMeet(figure.points, view, letters);
    setText(mark.name, oneLine ? "" : words(point));
    setText(mark.state, oneLine ? `${words(point)} ${state}` : told); // there is no room for the gap as well
    label(mark.name, [left, top - 0.15 * letters], letters, anchor);
    label(mark.state, [left, top + (oneLine ? 0.35 : 1) * letters], letters, anchor);
  }

  /** @param {string} point */
  #lyingAnchor(point) {
    if (point === "sacrum") return "end";
    return point === "upper_back" && (this.#now.contacts?.head ?? "unmeasured") !== "unmeasured" ? "middle" : "start";
  }

  #spoken() {
    const contacts = Object.entries(this.#now.contacts ?? {});
    const told = contacts.map(([point, state]) => `${words(point)} ${STATE_WORDS[state] ?? STATE_WORDS.unknown}`);
    return told.length ? `The lifter from the side. ${told.join(", ")}.` : "The lifter from the side.";
  }
}

/**
 * What stands at a point of the rod: the gap, a shape for how it is touched, its name, and that in words.
 * @param {string} point
 */
function makeMark(point) {
  const group = makeSvg("g", { class: "point", "data-point": point });
  const gap = makeSvg("line", { class: "gap" });
  const shape = makeShape("unknown");
  const name = makeSvg("text", { class: "point-name" });
  const state = makeSvg("text", { class: "point-state" });
  group.append(gap, shape, name, state);
  return { group, gap, shape, use: /** @type {Element} */ (shape.firstElementChild), name, state };
}

/**
 * @param {Element} element
 * @param {Point} start
 * @param {Point} end
 */
function line(element, [x1, y1], [x2, y2]) {
  for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) setAttribute(element, name, round(value));
}

/**
 * @param {Element} element
 * @param {Point} middle
 * @param {number} size
 */
function square(element, [x, y], size) {
  const half = size / 2;
  for (const [name, value] of Object.entries({ x: x - half, y: y - half, width: size, height: size })) {
    setAttribute(element, name, round(value));
  }
}

/**
 * @param {Element} element
 * @param {Point} place
 * @param {number} letters
 * @param {string} anchor
 */
function label(element, [x, y], letters, anchor) {
  setAttribute(element, "font-size", round(letters));
  setAttribute(element, "text-anchor", anchor);
  setAttribute(element, "x", round(x));
  setAttribute(element, "y", round(y));
}
