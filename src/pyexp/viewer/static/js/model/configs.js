// @ts-check
// Owns the configs as the filter of runs reads them: `key=value`, fetched once a filter reads them.

import { Emitter } from "../base/emitter.js";
import { getJson } from "./api.js";
import { catalog } from "./catalog.js";

const MOST_ASKED = 1000;

class Configs extends Emitter {
  /** @type {Map<number, string[]>} run id -> ["lr=0.1", ...] */
  #texts = new Map();
  #isAsking = false;

  /**
   * Return the texts of the run's config; none until the server has answered.
   *
   * @param {import("./catalog.js").Run} run
   */
  of(run) {
    return this.#texts.get(run.id) ?? [];
  }

  /** Fetch those that are missing; emits `change` when they are. */
  async load() {
    const missing = [...catalog.runs.keys()].filter((id) => !this.#texts.has(id)).slice(0, MOST_ASKED);
    if (this.#isAsking || missing.length === 0) return;
    this.#isAsking = true;
    try {
      this.#take(await getJson("/api/configs", { runs: missing.join() }));
      for (const id of missing) if (!this.#texts.has(id)) this.#texts.set(id, []);
    } catch {
      return; // the names still match, and the next change of the filter or the runs asks again
    } finally {
      this.#isAsking = false;
    }
    this.emit("change");
  }

  /** @param {{ keys: { key: string }[], rows: { run: number, values: any[] }[] }} answer */
  #take({ keys, rows }) {
    for (const { run, values } of rows) {
      const there = keys.map(({ key }, i) => [key, values[i]]).filter(([, value]) => !value?.missing);
      this.#texts.set(
        run,
        there.map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : value}`),
      );
    }
  }
}

export const configs = new Configs();
