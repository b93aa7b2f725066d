// @ts-check
// Owns which colour a run or a group has. A run's colour follows from its batch and its position
// alone, so it is the same after a reload, in another window, and whatever else is shown.

import { catalog } from "./catalog.js";

const PALETTE = [
  "#4269d0",
  "#e8a317",
  "#e8604c",
  "#3ca951",
  "#a463f2",
  "#2aa5a0",
  "#f071a5",
  "#9c6b4e",
  "#6a9fe8",
  "#8a9a2b",
  "#7a5bd0",
  "#d9822b",
  "#1d8a6b",
  "#c2477f",
  "#5b7f95",
  "#b58a3c",
  "#4f9d4f",
  "#c0564a",
  "#8f7fd9",
  "#888e99",
];
const DASHES = ["solid", "dash", "dot"];

/**
 * Return the colour of a run; beyond twenty runs of a batch colours come again.
 *
 * @param {import("./catalog.js").Run} run
 */
export function colourOf(run) {
  return PALETTE[slot(run) % PALETTE.length];
}

/**
 * Return how its line is drawn: solid, then dashed where colours come again.
 *
 * @param {import("./catalog.js").Run} run
 */
export function dashOf(run) {
  return DASHES[Math.floor(catalog.place(run) / PALETTE.length) % DASHES.length];
}

/** @param {number} index */
export function groupColour(index) {
  return PALETTE[index % PALETTE.length];
}

/** @param {import("./catalog.js").Run} run */
function slot(run) {
  return catalog.place(run) + (run.batch % PALETTE.length);
}
