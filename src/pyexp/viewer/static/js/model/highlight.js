// Owns which run is pointed at: who lists runs tells it, charts let the other lines fade.

import { Emitter } from "../base/emitter.js";

class Highlight extends Emitter {
  run = null;

  /** Point at the run with this id, or at none (null). */
  set(run) {
    if (run === this.run) return;
    this.run = run;
    this.emit("change");
  }
}

export const highlight = new Highlight();

/** Fade the traces in `plot` that are not of the run that is pointed at; `runs` are the traces' runs, in their order. */
export function fadeOthers(plot, runs) {
  const isHere = highlight.run !== null && runs.includes(highlight.run);
  plot.querySelectorAll(".scatterlayer > .trace").forEach((trace, i) => {
    trace.classList.toggle("is-faded", isHere && runs[i] !== highlight.run);
  });
}
