// @ts-nocheck: its drawing is written anew
// The lifter from the side with the rod along the back, as the measured leans say.

import { byId, makeShape, makeSvg, plain, setAttribute, setText, shapeOf, show, words } from "./dom.js";

/** @import { Box, Figure, Now, Point } from "./frames.js" */

// What must fit, in shares of body height, whatever the lifter does: standing tall, and bent until the back is level.
const BOX = { left: -0.34, right: 0.42, bottom: -0.06, top: 1.03 };
const STATE_WORDS = { held: "held", near: "close", lost: "lost", unknown: "not judged" };
const POINTS = ["sacrum", "upper_back", "head", "floor"];
/** Drawn in this order, one over the other. */
const PARTS = {
  ground: "line",
  foot: "path",
  leg: "path",
  torso: "path",
  head: "circle",
  face: "path",
  "arm-edge": "polyline",
  arm: "polyline",
  "rod-edge": "line",
  rod: "line",
};
const ROD_THICKNESS = 0.013;
const ARM_THICKNESS = 0.042;
const SOLE = -0.041; // height of the ankle
const SMALLEST_LABEL_PX = 13;

/** Body shares to picture: as large as fits, feet at the bottom; another box than that of a stander in the middle. */
export function projection(width_px, height_px, box = BOX) {
  const scale = Math.min(width_px / (box.right - box.left), height_px / (box.top - box.bottom));
  const left_px = (width_px - scale * (box.right - box.left)) / 2 - scale * box.left;
  const spare_px = box === BOX ? 0 : (height_px - scale * (box.top - box.bottom)) / 2; // who stands, stands at the bottom
  const bottom_px = height_px - spare_px + scale * box.bottom;
  return { scale, place: ([x, y]) => [left_px + scale * x, bottom_px - scale * y] };
}

/** The side of the rod that faces away from the body, as a unit vector in the picture (y down). */
export function awayFromBody([[x1, y1], [x2, y2]]) {
  // the rod runs from below the sacrum to above the head and the lifter faces right: away is to the left of that
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  return [(y2 - y1) / length, (x1 - x2) / length];
}

const round = (value) => Math.round(10 * value) / 10;

/** A smooth closed outline through points (Catmull-Rom), as the path of an SVG. */
export function outline(points) {
  if (points.length < 3) return "";
  const at = (index) => points[(index + points.length) % points.length];
  const text = (x, y) => `${round(x)} ${round(y)}`;
  let path = `M${text(...at(0))}`;
  for (let index = 0; index < points.length; index += 1) {
    const [before, start, end, after] = [at(index - 1), at(index), at(index + 1), at(index + 2)];
    const first = text(start[0] + (end[0] - before[0]) / 6, start[1] + (end[1] - before[1]) / 6);
    const second = text(end[0] - (after[0] - start[0]) / 6, end[1] - (after[1] - start[1]) / 6);
    path += `C${first} ${second} ${text(...end)}`;
  }
  return `${path}Z`;
}

export class Lifter {
  #svg = byId("lifter", SVGSVGElement);
  #parts = {};
  #points = {};
  #size = { width: 0, height: 0 };
  #figure = null;
  #contacts = {};
  #gaps = {};

  constructor() {
    for (const [name, tag] of Object.entries(PARTS)) {
      this.#parts[name] = makeSvg(tag, { class: name });
      this.#svg.append(this.#parts[name]);
    }
    for (const point of POINTS) this.#points[point] = this.#makePoint(point);
    new ResizeObserver(([{ contentRect }]) => {
      this.#size = { width: contentRect.width, height: contentRect.height };
      this.#draw();
    }).observe(this.#svg);
  }

  #makePoint(point) {
    const group = makeSvg("g", { class: "point", "data-point": point });
    const gap = makeSvg("line", { class: "gap" });
    const shape = makeShape("unknown");
    const name = makeSvg("text", { class: "point-name" });
    const state = makeSvg("text", { class: "point-state" });
    group.append(gap, shape, name, state);
    this.#svg.append(group);
    return { group, gap, shape, use: shape.firstChild, name, state };
  }

  /**
   * What is measured now; null where nothing is known.
   * @param {Pick<Now, "figure" | "contacts" | "gaps_mm">} now
   */
  show({ figure, contacts, gaps_mm }) {
    this.#figure = figure ?? null;
    this.#contacts = contacts ?? {};
    this.#gaps = gaps_mm ?? {};
    this.#draw();
  }

  #draw() {
    const { width, height } = this.#size;
    const figure = this.#figure;
    show(byId("lifter-empty"), !figure);
    show(byId("leans"), Boolean(figure));
    setAttribute(this.#svg, "data-empty", !figure);
    if (!figure || !width || !height) return;
    const { scale, place } = projection(width, height, figure.box);
    this.#drawBody(figure, scale, place, width);
    const rod = figure.rod?.map(place);
    if (rod) for (const name of ["rod-edge", "rod"]) line(this.#parts[name], rod);
    const away = rod ? awayFromBody(rod) : [-1, 0];
    const { sacrum, upper_back } = figure.points ?? {};
    const apart = sacrum && upper_back ? place(sacrum.rod)[1] - place(upper_back.rod)[1] : 0;
    for (const point of POINTS) this.#drawPoint(point, figure.points?.[point], { scale, place, away, apart });
    setAttribute(this.#svg, "aria-label", this.#spoken());
  }

  #drawBody(figure, scale, place, width) {
    const parts = this.#parts;
    for (const [name, points] of [["foot", figure.foot], ["leg", figure.leg_outline], ["torso", figure.torso], ["face", figure.face]]) {
      setAttribute(parts[name], "d", outline((points ?? []).map(place)));
    }
    const [x, y, radius] = figure.head ?? [0, 0, 0];
    const [cx, cy] = place([x, y]);
    for (const [name, value] of Object.entries({ cx, cy, r: radius * scale })) setAttribute(parts.head, name, round(value));
    const arm = (figure.arm ?? []).map((at) => place(at).map(round).join(",")).join(" ");
    for (const [name, extra_px] of [["arm-edge", 4], ["arm", 0]]) {
      setAttribute(parts[name], "points", arm);
      setAttribute(parts[name], "stroke-width", round(ARM_THICKNESS * scale + extra_px));
    }
    const rod_px = Math.max(5, ROD_THICKNESS * scale);
    setAttribute(parts.rod, "stroke-width", round(rod_px));
    setAttribute(parts["rod-edge"], "stroke-width", round(rod_px + 3));
    const ground = place([0, SOLE])[1];
    line(parts.ground, [[0, ground], [width, ground]]);
  }

  #drawPoint(point, at, { scale, place, away, apart }) {
    const parts = this.#points[point];
    const contact = this.#contacts[point];
    const shown = Boolean(at && contact);
    setAttribute(parts.group, "visibility", shown ? "visible" : "hidden");
    if (!shown) return;
    setAttribute(parts.group, "data-state", contact);
    setAttribute(parts.use, "href", `#shape-${shapeOf(contact)}`);
    const rod = place(at.rod);
    line(parts.gap, [place(at.body), rod]);
    setAttribute(parts.gap, "stroke-width", round(Math.max(4, 0.016 * scale)));
    // the mark sits outside on the rod, so that the gap on its inner side can be seen
    const size = Math.max(18, 0.062 * scale) * (contact === "lost" ? 1.25 : 1);
    const out = 0.55 * size + Math.max(5, ROD_THICKNESS * scale);
    const middle = [rod[0] + away[0] * out, rod[1] + away[1] * out];
    box(parts.shape, middle, size);
    this.#label(parts, point, contact, middle, { away, scale, size, apart });
  }

  /** `apart`: how much higher the upper back's label stands than the sacrum's. */
  #label(parts, point, contact, [x, y], { away, scale, size, apart }) {
    const letters = Math.max(SMALLEST_LABEL_PX, 0.034 * scale);
    const distance = 0.6 * size + 0.45 * letters;
    const [dx, dy] = away;
    // beside a rod that stands the words end at the point; above one that lies they would meet, and spread instead
    const anchor = dx < -0.6 || apart > 2.4 * letters ? "end" : this.#lyingAnchor(point);
    const lift = Math.max(0, -dy) * 0.9 * letters; // beside it they are centred on the point, above it they stand on it
    const drop = Math.max(0, dy) * 0.7 * letters; // below a floor they hang under it
    const at = { x: x + dx * distance, y: y + dy * distance - lift + drop };
    const gap = this.#gaps[point];
    const off = contact === "near" || contact === "lost";
    const state = STATE_WORDS[contact] ?? STATE_WORDS.unknown;
    setText(parts.name, words(point));
    setText(parts.state, off && gap >= 1 ? `${state} ${Math.round(gap)} mm` : state);
    for (const [text, offset] of [[parts.name, -0.15], [parts.state, 1.0]]) {
      setAttribute(text, "font-size", round(letters));
      setAttribute(text, "text-anchor", anchor);
      setAttribute(text, "x", round(at.x));
      setAttribute(text, "y", round(at.y + offset * letters));
    }
  }

  #lyingAnchor(point) {
    if (point === "sacrum") return "end";
    return point === "upper_back" && this.#contacts.head ? "middle" : "start";
  }

  #spoken() {
    const told = Object.entries(this.#contacts).map(([point, state]) => `${words(point)} ${STATE_WORDS[state] ?? plain(state)}`);
    return told.length ? `The lifter from the side. ${told.join(", ")}.` : "The lifter from the side.";
  }
}

function line(element, [[x1, y1], [x2, y2]]) {
  for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) setAttribute(element, name, round(value));
}

function box(element, [x, y], size) {
  const half = size / 2;
  for (const [name, value] of Object.entries({ x: x - half, y: y - half, width: size, height: size })) {
    setAttribute(element, name, round(value));
  }
}
