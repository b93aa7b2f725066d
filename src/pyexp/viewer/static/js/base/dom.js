// @ts-check
// Owns the making of elements. Text is always a text node, never markup: nothing here parses HTML,
// and styles go through the CSSOM, as the content security policy asks.

/**
 * What an element can hold: nodes, texts, lists of these; null, undefined and false are left out.
 *
 * @typedef {Node | string | number | boolean | null | undefined | readonly Child[]} Child
 */
/**
 * Attributes by their names, and `on…` listeners, `class`, `css` properties, `data` attributes, `value`.
 *
 * @typedef {Record<string, any>} Props
 */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element: `h("button", {class: "x", onclick: f}, "text", child)`.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Props} props
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) setProp(element, key, value);
  append(element, children);
  return element;
}

/**
 * @param {HTMLElement} element
 * @param {string} key
 * @param {any} value
 */
function setProp(element, key, value) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
  else if (key === "class") element.className = value;
  else if (key === "css") setCss(element, value);
  else if (key === "data") Object.assign(element.dataset, value);
  else if (key === "value" && "value" in element) element.value = value;
  else element.setAttribute(key, value === true ? "" : String(value));
}

/**
 * @param {Element} element
 * @param {readonly Child[]} children
 */
function append(element, children) {
  for (const child of /** @type {Exclude<Child, readonly Child[]>[]} */ (
    /** @type {any[]} */ (children).flat(Infinity)
  )) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
}

/**
 * Set CSS properties (also `--custom` ones) through the CSSOM.
 *
 * @param {ElementCSSInlineStyle} element
 * @param {Record<string, string | number>} properties
 */
export function setCss(element, properties) {
  for (const [name, value] of Object.entries(properties)) element.style.setProperty(name, String(value));
}

/**
 * Make the dot that stands for a line: of its colour, and broken as the line is.
 *
 * @param {string} colour
 * @param {string} dash
 */
export function colourDot(colour, dash = "solid") {
  const dot = h("i", { class: "dot run-dot", data: { dash } });
  setCss(dot, { "--run-colour": colour });
  return dot;
}

/**
 * Replace the children of `element`.
 *
 * @template {Element} E
 * @param {E} element
 * @param {...Child} children
 * @returns {E}
 */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/**
 * Make `nodes` the children of `parent`, touching only what differs: what stays keeps focus and hover.
 *
 * @param {Element} parent
 * @param {Element[]} nodes
 */
export function settle(parent, nodes) {
  const wanted = new Set(nodes);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  nodes.forEach((node, index) => {
    if (parent.children[index] !== node) parent.insertBefore(node, parent.children[index] ?? null);
  });
}

/**
 * Set the text only when it differs, so that nothing is laid out again for nothing.
 *
 * @param {Node} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string>} attributes
 * @param {...Node} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/**
 * Offer `blob` as a download called `name`.
 *
 * @param {Blob} blob
 * @param {string} name
 */
export function saveBlob(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
