// @ts-check
// Owns which tags the looked-at runs have, kind by kind, and keeps them current.

import { Emitter } from "../base/emitter.js";
import { debounced } from "../base/timing.js";
import { ApiError, getJson } from "./api.js";
import { selection } from "./selection.js";

/** @typedef {{ id: number, name: string }} Tag */

const KINDS = ["scalars", "texts", "figures", "images", "histograms", "tables"];

class Tags extends Emitter {
  /** @type {number | null} */
  rev = null;
  /** @type {string | null} */
  notice = null;
  /** @type {ApiError | null} */
  error = null;
  isLoaded = false;
  /** @type {Record<string, Tag[]>} by kind */
  #lists = Object.fromEntries(KINDS.map((kind) => [kind, []]));
  /** @type {AbortController | null} */
  #running = null;

  constructor() {
    super();
    const reload = debounced(() => this.load(), 30);
    selection.on("change", () => (this.#running ? reload() : this.load())); // for the first answer the page waits
    if (selection.chosen.length > 0) this.load();
  }

  /** @param {string} kind */
  list(kind) {
    return this.#lists[kind];
  }

  /** The runs whose tags these are. */
  runs() {
    return selection.chosen.map((run) => run.id);
  }

  /**
   * Return the name of a tag by its id, over all kinds.
   *
   * @param {number} id
   */
  name(id) {
    for (const kind of KINDS) {
      const found = this.#lists[kind].find((tag) => tag.id === id);
      if (found) return found.name;
    }
    return null;
  }

  /** Ask the server; the answer to an older question is dropped. */
  async load() {
    this.#running?.abort();
    const controller = new AbortController();
    this.#running = controller;
    const runs = this.runs();
    try {
      const answer =
        runs.length > 0 ? await getJson("/api/tags", { runs: runs.join() }, controller.signal) : { rev: null };
      if (this.#running !== controller) return;
      for (const kind of KINDS) this.#lists[kind] = answer[kind] ?? [];
      this.rev = answer.rev;
      this.notice = answer.notice ?? null;
      this.error = null;
      this.isLoaded = true;
    } catch (error) {
      if (!(error instanceof ApiError)) return;
      this.error = error;
    }
    this.emit("change");
  }
}

export const tags = new Tags();
