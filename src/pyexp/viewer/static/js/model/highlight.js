// @ts-check
// Owns which run is pointed at: lists of runs set it, charts fade the other lines.

import { Emitter } from "../base/emitter.js";

class Highlight extends Emitter {
  /** @type {number | null} */
  run = null;

  /**
   * Point at the run with this id, or at none (null).
   *
   * @param {number | null} run
   */
  set(run) {
    if (run === this.run) return;
    this.run = run;
    this.emit("change");
  }
}

export const highlight = new Highlight();
