// @ts-check
// Owns how runs are grouped: by which keys of their configs, and over which runs, whatever is switched on as a line.

import { Emitter } from "../base/emitter.js";
import { compareCells } from "../base/format.js";
import { selection } from "./selection.js";
import { view } from "./view.js";

const FINISHED = ["passed", "log"]; // ran to the end, or a log without a status

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

/** Return the keys as parameters of a request. */
export function groupParams() {
  return { keys: JSON.stringify(view.get("group")), but: view.get("groupbut") ? 1 : null };
}

/** Name the keys as the view has them: `lr, width` or `all but seed`. */
export function groupTitle() {
  const keys = view.get("group").join(", ");
  return view.get("groupbut") ? `all but ${keys}` : keys;
}

/** The groups that the server has made: the first ones seen in natural order, later ones after them. */
class GroupOrder extends Emitter {
  /** @type {Map<string, number>} */
  #indices = new Map();
  /** @type {Map<string, number>} */
  #sizes = new Map();
  /** @type {Map<number, string>} run id -> its group */
  #groups = new Map();

  reset() {
    this.#indices.clear();
    this.#sizes.clear();
    this.#groups.clear();
    this.emit("change");
  }

  /** @param {{ group: string, of: number, runs: number[] }[]} groups all that there are now */
  learn(groups) {
    const before = JSON.stringify([...this.#groups]);
    this.#sizes = new Map(groups.map(({ group, of }) => [group, of]));
    this.#groups = new Map(groups.flatMap(({ group, runs }) => runs.map((run) => [run, group])));
    const fresh = [...this.#sizes.keys()].filter((name) => !this.#indices.has(name)).sort(compareCells);
    for (const name of fresh) this.#indices.set(name, this.#indices.size);
    if (JSON.stringify([...this.#groups]) !== before) this.emit("change");
  }

  /** @param {string} name */
  index(name) {
    return this.#indices.get(name) ?? 0;
  }

  /**
   * Return the index of the group that the run is in; null when it is in none.
   *
   * @param {number} run
   */
  indexOf(run) {
    const name = this.#groups.get(run);
    return name === undefined ? null : this.index(name);
  }

  /**
   * Count the runs of the group.
   *
   * @param {string} name
   */
  size(name) {
    return this.#sizes.get(name) ?? 0;
  }

  names() {
    return [...this.#indices.keys()].filter((name) => this.#sizes.has(name));
  }
}

export const groupOrder = new GroupOrder();
