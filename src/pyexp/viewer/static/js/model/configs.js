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
  /** @type {string[]} */
  #differing = [];

  /**
   * Return the texts of the run's config; none until the server has answered.
   *
   * @param {import("./catalog.js").Run} run
   */
  of(run) {
    return this.#texts.get(run.id) ?? [];
  }

  /**
   * Return the text of the run's value at the key; null when it has none or the server has not answered.
   *
   * @param {import("./catalog.js").Run} run
   * @param {string} key
   */
  value(run, key) {
    const found = this.of(run).find((text) => text.startsWith(`${key}=`));
    return found === undefined ? null : found.slice(key.length + 1);
  }

  /**
   * List the values that the runs have at the key, each once.
   *
   * @param {string} key
   */
  values(key) {
    const found = [...catalog.runs.values()].map((run) => this.value(run, key)).filter((value) => value !== null);
    return [...new Set(found)];
  }

  /** The keys that do not have the same value in all runs. */
  differing() {
    return this.#differing;
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

  /** @param {{ keys: { key: string, differs: boolean }[], rows: { run: number, values: any[] }[] }} answer */
  #take({ keys, rows }) {
    this.#differing = [...new Set([...this.#differing, ...keys.filter((key) => key.differs).map(({ key }) => key)])];
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
