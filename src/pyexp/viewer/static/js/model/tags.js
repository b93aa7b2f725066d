// Owns which tags the looked-at runs have, kind by kind, and keeps them current.

import { Emitter } from "../base/emitter.js";
import { debounced } from "../base/timing.js";
import { ApiError, getJson } from "./api.js";
import { selection } from "./selection.js";

const KINDS = ["scalars", "texts", "figures", "images", "histograms", "tables"];

class Tags extends Emitter {
  rev = null;
  notice = null;
  error = null;
  isLoaded = false;
  #lists = Object.fromEntries(KINDS.map((kind) => [kind, []]));
  #running = null;

  constructor() {
    super();
    const reload = debounced(() => this.load(), 30);
    selection.on("change", () => (this.#running ? reload() : this.load())); // for the first answer the page waits
    if (selection.chosen.length > 0) this.load();
  }

  list(kind) {
    return this.#lists[kind];
  }

  /** The runs whose tags these are. */
  runs() {
    return selection.chosen.map((run) => run.id);
  }

  /** The name of a tag by its id, over all kinds. */
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
