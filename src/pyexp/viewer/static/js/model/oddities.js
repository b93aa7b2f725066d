// @ts-check
// Owns what is odd about runs, as far as it was seen: values that are not finite, damaged parts of a log, no log at all.

import { Emitter } from "../base/emitter.js";
import { count } from "../base/format.js";

class Oddities extends Emitter {
  /** @type {Map<number, Set<string>>} run id -> scalars with values that are not finite */
  #broken = new Map();
  /** @type {Map<number, number>} run id -> damaged parts */
  #damage = new Map();
  /** @type {Map<number, string>} run id -> why its files are not a log */
  #problems = new Map();

  /**
   * Note that the run has values of this scalar that are not finite.
   *
   * @param {number} run
   * @param {string} tag
   */
  broke(run, tag) {
    const known = this.#broken.get(run) ?? new Set();
    if (known.has(tag)) return;
    this.#broken.set(run, known.add(tag));
    this.emit("change");
  }

  /**
   * Take in what the server says of the logs of `runs` (ids), by run ids: nothing of those that are sound.
   *
   * @param {{ damage?: Record<number, number>, problems?: Record<number, string> }} answer
   * @param {number[]} runs
   */
  take({ damage = {}, problems = {} }, runs) {
    const isNew = [noteIn(this.#damage, damage, runs), noteIn(this.#problems, problems, runs)].includes(true);
    if (isNew) this.emit("change");
  }

  /**
   * Say what is odd about the run, a line each; empty for most.
   *
   * @param {number} run
   */
  of(run) {
    const tags = [...(this.#broken.get(run) ?? [])];
    const shown = tags.slice(0, 3).join(", ") + (tags.length > 3 ? ` and ${tags.length - 3} more` : "");
    const parts = this.#damage.get(run) ?? 0;
    return [
      this.#problems.get(run) ?? "",
      tags.length > 0 ? `NaN or infinite: ${shown}` : "",
      parts > 0 ? `${count(parts, "damaged part")} of its log skipped` : "",
    ].filter(Boolean);
  }
}

/**
 * Note what is found of these runs, and forget what is no longer so; returns whether any of it is new.
 *
 * @template T
 * @param {Map<number, T>} known
 * @param {Record<number, T>} found
 * @param {number[]} runs
 */
function noteIn(known, found, runs) {
  const news = runs.filter((run) => known.get(run) !== found[run]);
  for (const run of news) {
    if (run in found) known.set(run, found[run]);
    else known.delete(run);
  }
  return news.length > 0;
}

export const oddities = new Oddities();
