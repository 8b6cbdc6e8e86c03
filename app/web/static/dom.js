// Writing to the document. Only what differs is written: the page is told the same things 25 times a second.

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g;

/**
 * Text from anywhere without letters that would turn or hide what stands beside them.
 * @param {unknown} text
 */
export function plain(text) {
  return String(text ?? "").replace(CONTROLS, " ");
}

/**
 * Placements and verdicts as a person reads them: "upper_back" is "upper back".
 * @param {unknown} name
 */
export function words(name) {
  return name === "warned" ? "close" : plain(name).replaceAll("_", " "); // one word for it, live and afterwards
}

/**
 * The element with this id, which is of this kind; a page without it is broken.
 * @overload
 * @param {string} id
 * @returns {HTMLElement}
 */
/**
 * @template {Element} Kind
 * @overload
 * @param {string} id
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
/**
 * @param {string} id
 * @param {new () => Element} kind
 */
export function byId(id, kind = HTMLElement) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`this page has no ${kind.name} #${id}`);
  return element;
}

/**
 * All elements that match, which are of this kind.
 * @template {Element} Kind
 * @param {string} selector
 * @param {new () => Kind} kind
 * @param {ParentNode} within
 */
export function all(selector, kind, within = document) {
  return [...within.querySelectorAll(selector)].flatMap((element) => (element instanceof kind ? [element] : []));
}

/**
 * An element's children, of which the page has so many.
 * @param {Element} element
 */
export function first(element) {
  return /** @type {Element} */ (element.firstElementChild);
}

/** @param {Element} element */
export function last(element) {
  return /** @type {Element} */ (element.lastElementChild);
}

/**
 * Always as text: names of sensors, files and people are never taken for HTML.
 * @param {Element} element
 * @param {unknown} text
 */
export function setText(element, text) {
  const clean = plain(text);
  if (element.textContent !== clean) element.textContent = clean;
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {unknown} value
 */
export function setAttribute(element, name, value) {
  const text = String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/**
 * By attribute: pictures (SVG) have no property for it.
 * @param {Element} element
 * @param {boolean} shown
 */
export function show(element, shown) {
  if (element.hasAttribute("hidden") === shown) element.toggleAttribute("hidden", !shown);
}

/**
 * A new element with attributes and children (elements or texts).
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} attributes
 * @param {(Element | string)[]} children
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.map((each) => (typeof each === "string" ? plain(each) : each)));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string>} attributes
 */
export function makeSvg(tag, attributes = {}) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/**
 * One of the shapes that index.html defines: held, near (or warned), lost, unknown.
 * @param {string} state
 */
export function makeShape(state) {
  const svg = makeSvg("svg", { class: "shape", viewBox: "0 0 24 24", "aria-hidden": "true" });
  svg.append(makeSvg("use", { href: `#shape-${shapeOf(state)}` }));
  return svg;
}

/** @type {Record<string, string>} */
const SHAPES = { held: "held", near: "near", warned: "near", lost: "lost" };

/** @param {string} state */
export function shapeOf(state) {
  return SHAPES[state] ?? "unknown";
}
