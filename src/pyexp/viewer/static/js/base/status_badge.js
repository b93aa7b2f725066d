// @ts-check
// Owns how a run's status looks, alone and summed over a batch.

import { h, setCss } from "./dom.js";
import { icon } from "./icons.js";

/** @typedef {{ status: string }} WithStatus */

/** @type {Record<string, import("./icons.js").IconName>} */
const ICONS = { passed: "check", failed: "cross", timeout: "clock", interrupted: "pause" };
const ORDER = ["passed", "running", "failed", "timeout", "interrupted", "pending"];

/**
 * Make a small mark; its text is there for assistive technology and as the tooltip.
 *
 * @param {WithStatus} run
 * @param {boolean} withText
 */
export function statusBadge(run, withText = false) {
  const mark = ICONS[run.status] ? icon(ICONS[run.status]) : h("i", { class: "dot" });
  return h(
    "span",
    { class: "status", data: { status: run.status }, title: run.status },
    mark,
    h("span", { class: withText ? "" : "unseen" }, run.status),
  );
}

/**
 * Make the mark of a run with something odd, or null when nothing is.
 *
 * @param {string[]} sentences
 */
export function oddBadge(sentences) {
  if (sentences.length === 0) return null;
  const text = sentences.join("\n");
  return h("span", { class: "odd", title: text }, icon("warning"), h("span", { class: "unseen" }, text));
}

/**
 * Show how far a batch is: finished of all, and a bar of its parts.
 *
 * @param {WithStatus[]} runs
 * @param {{ total?: number }} batch
 */
export function statusBar(runs, batch) {
  const total = Math.max(runs.length, 1);
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const run of runs) counts.set(run.status, (counts.get(run.status) ?? 0) + 1);
  const parts = ORDER.filter((status) => counts.has(status));
  if (parts.length === 0) return h("span", { class: "batch-count" }, String(runs.length || batch.total || ""));
  const label = parts.map((status) => `${counts.get(status)} ${status}`).join(", ");
  const segments = parts.map((status) => {
    const segment = h("i", { data: { status } });
    setCss(segment, { "flex-grow": (counts.get(status) ?? 0) / total });
    return segment;
  });
  return h(
    "span",
    { class: "batch-state", title: label, "aria-label": label },
    h("span", { class: "batch-count" }, `${counts.get("passed") ?? 0}/${runs.length}`),
    h("span", { class: "bar" }, segments),
  );
}
