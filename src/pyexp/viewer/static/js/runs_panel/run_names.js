// Owns how the runs of a batch are called in the list: without what all their names share, the values that vary below
// each other.

import { nameElement } from "../base/cut_name.js";
import { h, setCss } from "../base/dom.js";
import { varyingParts } from "../base/names.js";

const MOST_LETTERS = 26; // of aligned parts, as many as the panel has room for when it is not widened

const known = new WeakMap(); // the runs of a batch -> {parts, widths}

/** The names of a batch's `runs`: `{sign, element}` of each, by its place among them. */
export function namesOf(runs) {
  if (!known.has(runs)) known.set(runs, columnsOf(runs.map(({ name }) => name)));
  const { parts, widths } = known.get(runs);
  const isAligned = widths.reduce((sum, width) => sum + width + 1, 0) <= MOST_LETTERS;
  return (at) => {
    if (!parts) return { sign: "", element: () => nameElement(runs[at].name, "run-name") };
    const own = parts[at];
    const element = () => (isAligned ? alignedName(own, widths) : nameElement(own.join(" "), "run-name"));
    return { sign: `${isAligned ? widths : ""} ${own}`, element };
  };
}

function columnsOf(names) {
  const parts = varyingParts(names);
  const widths = (parts?.[0] ?? []).map((_, i) => Math.max(...parts.map((own) => own[i].length)));
  return { parts, widths };
}

function alignedName(parts, widths) {
  const columns = parts.map((part, i) => {
    const column = h("span", { class: "name-part" }, part);
    setCss(column, { "min-width": `${widths[i]}ch` });
    return [column, " "];
  });
  return h("span", { class: "run-name is-aligned" }, columns);
}
