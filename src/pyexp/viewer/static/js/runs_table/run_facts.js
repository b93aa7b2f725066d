// Owns what the server knows about many runs at once: their configs side by side, the statistics of their scalars.
// Configs come first and are kept while the runs stay; of statistics those of runs that have ended are kept. A request
// is never given up for a newer one.

import { getJson } from "../model/api.js";
import { catalog } from "../model/catalog.js";
import { oddities } from "../model/oddities.js";

const MOST_RUNS = 1000; // that one request may name
const MOST_TAGS = 20;
const ENDED = ["passed", "failed", "timeout", "interrupted"];

export class RunFacts {
  /** `rows`: run id -> values by key. */
  configs = { keys: [], rows: new Map() };
  hasConfigs = false;
  #stats = new Map(); // run id -> tag id -> its statistics, null where it logged none
  #kept = new Set(); // run ids whose statistics are final
  #asked = null;

  /** The statistics of a scalar in a run: null when it logged none, undefined while they are not known. */
  statistics(run, tag) {
    return this.#stats.get(run)?.get(tag);
  }

  /** Ask for the configs of `runs`, unless they are there. */
  async loadConfigs(runs) {
    const asked = idsOf(runs.slice(0, MOST_RUNS));
    if (asked === this.#asked) return;
    const { keys, rows } = asked ? await getJson("/api/configs", { runs: asked }) : { keys: [], rows: [] };
    this.configs = { keys, rows: new Map(rows.map((row) => [row.run, row.values])) };
    this.hasConfigs = true;
    this.#asked = asked;
  }

  /** Ask for the statistics of these `tags`, a part at a time; `arrived()` is called after each. */
  async loadStatistics(runs, tags, arrived) {
    const known = runs.slice(0, MOST_RUNS);
    for (const part of portions(tags)) {
      const isMissing = (run) => part.some(({ id }) => this.statistics(run.id, id) === undefined);
      const wanted = known.filter((run) => !this.#kept.has(run.id) || isMissing(run));
      if (wanted.length === 0) continue;
      const answer = await getJson("/api/stats", { tags: idsOf(part), runs: idsOf(wanted) });
      for (const run of wanted) this.#take(run.id, part, answer.rows);
      oddities.take(
        answer,
        wanted.map(({ id }) => id),
      );
      catalog.date(answer.spans);
      arrived();
    }
    for (const run of known) {
      if (ENDED.includes(run.status)) this.#kept.add(run.id);
      else this.#kept.delete(run.id);
    }
  }

  #take(run, tags, rows) {
    const ofRun = this.#stats.get(run) ?? new Map();
    this.#stats.set(run, ofRun);
    for (const { id, name } of tags) {
      const found = rows.find((row) => row.run === run && row.tag === id) ?? null;
      ofRun.set(id, found);
      if (found?.nonfinite > 0) oddities.broke(run, name);
    }
  }
}

function idsOf(items) {
  return items.map(({ id }) => id).join();
}

/** The tags in portions, as many as one request may name. */
function portions(tags) {
  const parts = [];
  for (let i = 0; i < tags.length; i += MOST_TAGS) parts.push(tags.slice(i, i + MOST_TAGS));
  return parts;
}
