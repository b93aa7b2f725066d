// @ts-check
// Owns how runs are grouped: by which keys of their configs, and over which runs, whatever is switched on as a line.

import { selection } from "./selection.js";
import { view } from "./view.js";

const FINISHED = ["passed", "log"]; // ran to the end, or a log that nobody says more of

export function isGrouped() {
  return view.get("group").length > 0;
}

/** The runs that are grouped: all that pass the filter, or those of them that are finished. */
export function groupedRuns() {
  const runs = selection.passing();
  return view.get("ended") ? runs.filter((run) => FINISHED.includes(run.status)) : runs;
}

/** The runs whose tags are shown: those switched on, or those that are grouped. */
export function shownRuns() {
  return isGrouped() ? groupedRuns() : selection.chosen;
}

/** What the server is told of the keys. */
export function groupParams() {
  return { keys: JSON.stringify(view.get("group")), but: view.get("groupbut") ? 1 : null };
}

/** Name the keys as the view has them: `lr, width` or `all but seed`. */
export function groupTitle() {
  const keys = view.get("group").join(", ");
  return view.get("groupbut") ? `all but ${keys}` : keys;
}
