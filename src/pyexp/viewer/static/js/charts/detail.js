// Owns the full detail of the range that a chart is zoomed to: which one is held, which is on its way.

import { Latest } from "../base/latest.js";

/** Detail of a `Series`; `lines` (run id -> line) is null while there is none of the range. */
export class Detail {
  lines = null;
  #key = "";
  #latest = new Latest();

  constructor(series) {
    this.series = series;
  }

  /** Fetch `range` along `axis` where the series is held down-sampled; null drops what is held. */
  async load(axis, range) {
    this.#latest.drop();
    const isCoarse = [...this.series.lines.values()].some((line) => line.total > line.step.length);
    const key = range && isCoarse ? `${axis} ${range}` : "";
    if (key !== this.#key) this.lines = null;
    this.#key = key;
    if (!key) return;
    this.lines = await this.#latest.ask((signal) => this.series.detail(axis, ...range, signal));
  }
}
