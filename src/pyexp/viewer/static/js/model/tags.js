// @ts-check
// Owns which tags the looked-at runs have, kind by kind, and which of them pass the filter; keeps both current.
// The server filters: it knows tags that are too many for a list.

import { Emitter } from "../base/emitter.js";
import { isDropped, Latest } from "../base/latest.js";
import { debounced } from "../base/timing.js";
import { getJson } from "./api.js";
import { catalog } from "./catalog.js";
import { isGrouped, shownRuns } from "./grouping.js";
import { oddities } from "./oddities.js";
import { selection } from "./selection.js";
import { view } from "./view.js";

/** @typedef {{ id: number, name: string }} Tag */

const KINDS = ["scalars", "texts", "figures", "images", "histograms", "tables"];

class Tags extends Emitter {
  /** @type {number | null} */
  rev = null;
  /** @type {string | null} */
  notice = null;
  /** @type {import("./api.js").ApiError | null} */
  error = null;
  isLoaded = false;
  /** @type {string | null} What is wrong with the filter, as a sentence. */
  problem = null;
  /** @type {Record<string, Tag[]>} by kind */
  #lists = emptyLists();
  /** @type {Record<string, Tag[]> | null} those that pass the filter; null without one */
  #passing = null;
  #asked = "";
  #latest = new Latest();

  constructor() {
    super();
    const reload = debounced(() => this.load(), 30);
    selection.on("change", () => (this.isLoaded || this.#latest.isRunning ? reload() : this.load())); // for the first answer the page waits
    selection.on("update", () => isGrouped() && this.runs().join() !== this.#asked && reload());
    view.on("change", (changed) => {
      if (changed.some((/** @type {string} */ key) => ["tags", "group", "ended"].includes(key))) reload();
    });
    if (selection.chosen.length > 0) this.load();
  }

  /** @param {string} kind */
  list(kind) {
    return this.#lists[kind];
  }

  /**
   * List the tags that pass the filter.
   *
   * @param {string} kind
   */
  passing(kind) {
    return (this.#passing ?? this.#lists)[kind];
  }

  /** The runs whose tags these are. */
  runs() {
    return shownRuns().map((run) => run.id);
  }

  /**
   * Return the name of a tag by its id, over all kinds.
   *
   * @param {number} id
   */
  name(id) {
    for (const kind of KINDS) {
      const found = [...this.#lists[kind], ...this.passing(kind)].find((tag) => tag.id === id);
      if (found) return found.name;
    }
    return null;
  }

  /** Ask the server. */
  async load() {
    const ids = this.runs();
    const runs = ids.join();
    this.#asked = runs;
    const match = view.get("tags");
    try {
      const [answer, passing] = await this.#latest.ask((signal) =>
        Promise.all([ask({ runs }, signal), askFor(match, runs, signal)]),
      );
      this.#lists = listsOf(answer);
      this.#passing = passing && listsOf(passing);
      this.problem = passing?.problem ?? null;
      oddities.take(answer, ids);
      catalog.date(answer.spans ?? {});
      this.rev = answer.rev;
      this.notice = answer.notice ?? null;
      this.error = null;
      this.isLoaded = true;
    } catch (error) {
      if (isDropped(error)) return;
      this.error = error;
    }
    this.emit("change");
  }
}

/** @returns {Record<string, Tag[]>} */
function emptyLists() {
  return Object.fromEntries(KINDS.map((kind) => [kind, []]));
}

/** @param {Record<string, any>} answer */
function listsOf(answer) {
  return { ...emptyLists(), ...Object.fromEntries(KINDS.map((kind) => [kind, answer[kind] ?? []])) };
}

/**
 * @param {{ runs: string, match?: string }} params
 * @param {AbortSignal} signal
 */
async function ask(params, signal) {
  return params.runs ? getJson("/api/tags", params, signal) : { rev: null };
}

/**
 * Ask which tags pass; null without a filter.
 *
 * @param {string} match
 * @param {string} runs
 * @param {AbortSignal} signal
 */
async function askFor(match, runs, signal) {
  return match ? ask({ runs, match }, signal) : null;
}

export const tags = new Tags();
