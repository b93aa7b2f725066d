// @ts-check
// Owns which colour a run or a group has: of its group where runs are grouped, of its value where a key colours them,
// else of its place, so that it is the same after a reload and whatever else is shown.

import { compareCells } from "../base/format.js";
import { catalog } from "./catalog.js";
import { configs } from "./configs.js";
import { groupOrder, isGrouped } from "./grouping.js";
import { view } from "./view.js";

/** Of the first twelve no two are nearer than 20 by CIE76. */
export const PALETTE = [
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
  "#5b7f95",
  "#b3245f",
  "#7a5bd0",
  "#d9822b",
  "#1d8a6b",
  "#b58a3c",
  "#4f9d4f",
  "#c0564a",
  "#8f7fd9",
  "#888e99",
];
const NONE = "#888e99"; // in no group, or without the key
const SCALE = ["#7043b8", "#3f78c4", "#21a08c", "#5ec962", "#d8b81f"]; // as viridis, to be seen on white and on black
const DASHES = ["solid", "dash", "dot"];

/**
 * Return the colour of a run.
 *
 * @param {import("./catalog.js").Run} run
 */
export function colourOf(run) {
  if (isGrouped()) {
    const index = groupOrder.indexOf(run.id);
    return index === null ? NONE : groupColour(index);
  }
  if (view.get("colour")) return colourByKey(run, view.get("colour"));
  return PALETTE[catalog.slot(run) % PALETTE.length];
}

/**
 * Return how its line is drawn: solid, then dashed where colours come again.
 *
 * @param {import("./catalog.js").Run} run
 */
export function dashOf(run) {
  if (isGrouped() || view.get("colour")) return "solid";
  return DASHES[Math.floor(catalog.slot(run) / PALETTE.length) % DASHES.length];
}

/** @param {number} index */
export function groupColour(index) {
  return PALETTE[index % PALETTE.length];
}

/**
 * @param {import("./catalog.js").Run} run
 * @param {string} key
 */
function colourByKey(run, key) {
  const value = configs.value(run, key);
  if (value === null) return NONE;
  const values = configs.values(key).sort(compareTexts);
  const at = values.indexOf(value);
  return values.every(isNumber) ? scaled(at / Math.max(1, values.length - 1)) : groupColour(at);
}

/** @param {string} text */
function isNumber(text) {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

/**
 * @param {string} a
 * @param {string} b
 */
function compareTexts(a, b) {
  return isNumber(a) && isNumber(b) ? Number(a) - Number(b) : compareCells(a, b);
}

/** @param {number} part of the scale, 0 to 1 */
function scaled(part) {
  const place = part * (SCALE.length - 1);
  const low = Math.min(SCALE.length - 2, Math.floor(place));
  const mixed = [1, 3, 5].map((i) => {
    const [from, to] = [SCALE[low], SCALE[low + 1]].map((colour) => parseInt(colour.slice(i, i + 2), 16));
    return Math.round(from + (to - from) * (place - low))
      .toString(16)
      .padStart(2, "0");
  });
  return `#${mixed.join("")}`;
}
