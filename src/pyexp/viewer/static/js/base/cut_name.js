// @ts-check
// Owns how a long name is cut: in its middle, since names of one sweep differ at their ends. The text stays whole.

import { h } from "./dom.js";

const LONGEST = 14;
const END = 10;

/**
 * Make an element of the class with the name; what does not fit is left out before the last few characters.
 *
 * @param {string} name
 * @param {string} className
 * @param {import("./dom.js").Props} props
 */
export function nameElement(name, className, props = {}) {
  if (name.length <= LONGEST) return h("span", { class: className, ...props }, name);
  return h(
    "span",
    { class: `${className} is-long`, ...props },
    h("span", { class: "name-start" }, name.slice(0, -END)),
    h("span", { class: "name-end" }, name.slice(-END)),
  );
}
