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
   * Take in what the server says of logs, by run ids.
   *
   * @param {{ damage?: Record<string, number>, problems?: Record<string, string> }} answer
   */
  take({ damage = {}, problems = {} }) {
    const isNew = [noteIn(this.#damage, damage), noteIn(this.#problems, problems)].includes(true);
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
 * Note what is found by run ids; returns whether any of it is new.
 *
 * @template T
 * @param {Map<number, T>} known
 * @param {Record<string, T>} found
 */
function noteIn(known, found) {
  const news = Object.entries(found).filter(([run, fact]) => known.get(Number(run)) !== fact);
  for (const [run, fact] of news) known.set(Number(run), fact);
  return news.length > 0;
}

export const oddities = new Oddities();
