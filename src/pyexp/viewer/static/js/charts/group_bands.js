// Owns the statistics of one tag over many runs, by groups or over all of them, as the server computes them from the
// full data. While a run is running they are fetched again, some time after each answer.

import { Emitter } from "../base/emitter.js";
import { number } from "../base/format.js";
import { isDropped, Latest } from "../base/latest.js";
import { later } from "../base/timing.js";
import { getFrame } from "../model/api.js";
import { groupOrder } from "../model/grouping.js";

const AGAIN_MS = 2000;
const POINTS = 1000;
const ROUNDING = 1e-14;

/** The middle of a group: `[name, label, title]`. */
export const CENTRES = [
  ["mean", "Mean", "The arithmetic mean of the runs at each step"],
  ["median", "Median", "Half of the runs are above it, half below"],
];

/** The bands that can be drawn: `[name, label, title]`. */
export const BANDS = [
  ["deviation", "± std", "Standard deviation of the runs (ddof = 0)"],
  ["error", "± std error", "Standard error of the mean: standard deviation (ddof = 1) over √n"],
  ["range", "min–max", "From the smallest to the largest run"],
  ["quartiles", "quartiles", "From the first to the third quartile, with linear interpolation"],
];

/** What a group is at a place, as texts: its value, its band, its number of runs. */
export function groupTexts({ y, edges: [low, high], count, broken, of }, at, band) {
  const isHalf = band === "deviation" || band === "error";
  const half = (high[at] - low[at]) / 2;
  const seen = half > Math.abs(y[at]) * ROUNDING ? half : 0; // equal values differ from their mean in the last digit
  const spread = isHalf ? `± ${number(seen)}` : `${number(low[at])} – ${number(high[at])}`;
  const size = count[at] < of ? `n = ${count[at]} of ${of}` : `n = ${of}`;
  const odd = broken[at] > 0 ? `, ${broken[at]} not finite` : "";
  return { value: number(y[at]), spread: Number.isFinite(y[at]) ? spread : "", size: size + odd };
}

/** The statistics of one tag. Emits `change`, and `error` with the error. */
export class Bands extends Emitter {
  groups = [];
  isLoaded = false;
  #latest = new Latest();
  #stopWaiting = () => {};

  /** `path` is the route that computes them. */
  constructor(tag, path) {
    super();
    this.tag = tag;
    this.path = path;
  }

  /** Load them with these parameters; `isLive` says whether more is to come; `range` is a range of steps. */
  async load({ runs, range, isLive, ...params }) {
    this.stop();
    try {
      const query = { tag: this.tag, runs: runs.join(), from: range?.[0], to: range?.[1], points: POINTS, ...params };
      const frame = await this.#latest.ask((signal) => getFrame(this.path, query, signal));
      this.groups = frame.series;
      this.isLoaded = true;
      if (frame.groups) groupOrder.learn(frame.groups);
      this.emit("change");
    } catch (error) {
      if (isDropped(error)) return;
      this.emit("error", error);
    }
    if (isLive) this.#stopWaiting = later(() => this.load({ runs, range, isLive, ...params }), AGAIN_MS);
  }

  stop() {
    this.#stopWaiting();
    this.#latest.drop();
  }
}
