// Owns what the server knows about many runs at once: their configs side by side, the statistics of their scalars.

import { getJson } from "./api.js";

const MOST_RUNS = 1000; // that one request may name
const MOST_TAGS = 20;

export class RunFacts {
  configs = { keys: [], rows: new Map() }; // rows: run id -> texts by key
  stats = new Map(); // run id -> tag id -> {last, min, max, …}
  isLoaded = false;
  #controller = null;

  /** Ask about `runs` and of them about these `tags`; an answer to an older question is dropped (`AbortError`). */
  async load(runs, tags) {
    this.stop();
    this.#controller = new AbortController();
    const { signal } = this.#controller;
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
    this.configs = { keys: configs.keys, rows: new Map(configs.rows.map((row) => [row.run, row.values])) };
    this.stats = new Map();
    for (const row of parts.flatMap((part) => part.rows)) this.#take(row);
    this.isLoaded = true;
  }

  stop() {
    this.#controller?.abort();
  }

  #take(row) {
    if (!this.stats.has(row.run)) this.stats.set(row.run, new Map());
    this.stats.get(row.run).set(row.tag, row);
  }
}

/** The ids of the tags, as many to each as one request may name. */
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
