// @ts-check
// Owns which run is pointed at or pinned: lists of runs and lines set it, charts fade the other lines.

import { Emitter } from "../base/emitter.js";

class Highlight extends Emitter {
  /** @type {number | null} */
  run = null;
  /** @type {number | null} */
  #pinned = null;

  /**
   * Point at the run with this id, or at none (null).
   *
   * @param {number | null} run
   */
  set(run) {
    this.#show(run ?? this.#pinned);
  }

  /**
   * Keep pointing at this run until another is pinned; pinned again, it is let go.
   *
   * @param {number | null} run
   */
  pin(run) {
    this.#pinned = run === this.#pinned ? null : run;
    this.#show(this.#pinned);
  }

  /** @param {number | null} run */
  #show(run) {
    if (run === this.run) return;
    this.run = run;
    this.emit("change");
  }
}

export const highlight = new Highlight();
