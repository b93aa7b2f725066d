// @ts-check
// Owns what the server knows about many runs at once: their configs side by side, the statistics of their scalars.

import { getJson } from "../model/api.js";
import { oddities } from "../model/oddities.js";

const MOST_RUNS = 1000; // that one request may name
const MOST_TAGS = 20;

/** @typedef {{ run: number, tag: number, last: any, min: any, max: any }} Statistics */

export class RunFacts {
  /** @type {{ keys: { key: string, differs: boolean }[], rows: Map<number, any[]> }} rows: run id -> values by key */
  configs = { keys: [], rows: new Map() };
  /** @type {Map<number, Map<number, Statistics>>} run id -> tag id -> its statistics */
  stats = new Map();
  isLoaded = false;
  /** @type {AbortController | null} */
  #controller = null;

  /**
   * Ask about `runs` and of them about these `tags`; an answer to an older question is dropped (`AbortError`).
   *
   * @param {import("../model/catalog.js").Run[]} runs
   * @param {import("../model/tags.js").Tag[]} tags
   */
  async load(runs, tags) {
    this.stop();
    const { signal } = this.#renewed();
    const asked = runs
      .slice(0, MOST_RUNS)
      .map((run) => run.id)
      .join();
    const [configs, ...parts] = asked
      ? await Promise.all([
          getJson("/api/configs", { runs: asked }, signal),
          ...portions(tags).map((part) => getJson("/api/stats", { tags: part, runs: asked }, signal)),
        ])
      : [{ keys: [], rows: [] }];
    this.configs = {
      keys: configs.keys,
      rows: new Map(configs.rows.map((/** @type {any} */ row) => [row.run, row.values])),
    };
    this.stats = new Map();
    const names = new Map(tags.map(({ id, name }) => [id, name]));
    for (const row of parts.flatMap((part) => part.rows)) {
      this.#take(row);
      if (row.nonfinite > 0) oddities.broke(row.run, names.get(row.tag) ?? "");
    }
    this.isLoaded = true;
  }

  stop() {
    this.#controller?.abort();
  }

  #renewed() {
    this.#controller = new AbortController();
    return this.#controller;
  }

  /** @param {Statistics} row */
  #take(row) {
    const ofRun = this.stats.get(row.run) ?? new Map();
    this.stats.set(row.run, ofRun.set(row.tag, row));
  }
}

/**
 * Join the ids of the tags, as many to each part as one request may name.
 *
 * @param {import("../model/tags.js").Tag[]} tags
 */
function portions(tags) {
  const parts = [];
  for (let i = 0; i < tags.length; i += MOST_TAGS)
    parts.push(
      tags
        .slice(i, i + MOST_TAGS)
        .map((tag) => tag.id)
        .join(),
    );
  return parts;
}
