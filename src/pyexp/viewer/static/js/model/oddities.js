// @ts-check
// Owns what is odd about runs, as far as it was seen: values that are not finite, damaged parts of a log.

import { Emitter } from "../base/emitter.js";
import { count } from "../base/format.js";

class Oddities extends Emitter {
  /** @type {Map<number, Set<string>>} run id -> scalars with values that are not finite */
  #broken = new Map();
  /** @type {Map<number, number>} run id -> damaged parts */
  #damage = new Map();
  /** @type {Set<number>} */
  #foreign = new Set();

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

  /** @param {Record<string, number>} damage run id -> damaged parts */
  damaged(damage) {
    const news = Object.entries(damage).filter(([run, parts]) => this.#damage.get(Number(run)) !== parts);
    for (const [run, parts] of news) this.#damage.set(Number(run), parts);
    if (news.length > 0) this.emit("change");
  }

  /**
   * Note runs whose event files are none of ours.
   *
   * @param {number[]} runs
   */
  strange(runs) {
    if (runs.every((run) => this.#foreign.has(run))) return;
    for (const run of runs) this.#foreign.add(run);
    this.emit("change");
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
      this.#foreign.has(run) ? "Its events.pb is no event log of pyexp: nothing of it is shown" : "",
      tags.length > 0 ? `NaN or infinite: ${shown}` : "",
      parts > 0 ? `${count(parts, "damaged part")} of its log skipped` : "",
    ].filter(Boolean);
  }
}

export const oddities = new Oddities();
