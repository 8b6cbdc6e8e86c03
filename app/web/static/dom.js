// Writing to the document. Only what differs is written: the page is told the same things 25 times a second.

const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** Text from anywhere without letters that would turn or hide what stands beside them. */
export function plain(text) {
  return String(text ?? "").replace(CONTROLS, " ");
}

/** Placements and verdicts as a person reads them: "upper_back" is "upper back". */
export function words(name) {
  return plain(name).replaceAll("_", " ");
}

export function byId(id) {
  return document.getElementById(id);
}

/** Always as text: names of sensors, files and people are never taken for HTML. */
export function setText(element, text) {
  const clean = plain(text);
  if (element.textContent !== clean) element.textContent = clean;
}

export function setAttribute(element, name, value) {
  const text = String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** By attribute: pictures (SVG) have no property for it. */
export function show(element, shown) {
  if (element.hasAttribute("hidden") === Boolean(shown)) element.toggleAttribute("hidden", !shown);
}

/** A new element with attributes and children (elements or texts). */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.map((child) => (typeof child === "string" ? plain(child) : child)));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function makeSvg(tag, attributes = {}) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** One of the shapes that index.html defines: held, near (or warned), lost, unknown. */
export function makeShape(state) {
  const svg = makeSvg("svg", { class: "shape", viewBox: "0 0 24 24", "aria-hidden": "true" });
  svg.append(makeSvg("use", { href: `#shape-${shapeOf(state)}` }));
  return svg;
}

const SHAPES = { held: "held", near: "near", warned: "near", lost: "lost" };

export function shapeOf(state) {
  return SHAPES[state] ?? "unknown";
}
