// Owns the statistics of one tag over runs grouped by a config key, as the server computes them from the full data, and
// the bands that they make. While a run is running they are fetched again, some time after each answer.

import { Emitter } from "../base/emitter.js";
import { compareCells, number } from "../base/format.js";
import { getFrame } from "../model/api.js";

const AGAIN_MS = 2000;

/** The bands that can be drawn: `[name, label]`. */
export const BANDS = [
  ["deviation", "± deviation"],
  ["error", "± standard error"],
  ["range", "min to max"],
];

/** The edges of a group's band, and what it is at a place as text. */
export function bandOf({ mean, deviation, count, min, max }, band) {
  if (band === "range") return { low: min, high: max, second: (at) => `${number(min[at])} – ${number(max[at])}` };
  const half = band === "error" ? deviation.map((value, i) => standardError(value, count[i])) : deviation;
  return {
    low: mean.map((value, i) => value - half[i]),
    high: mean.map((value, i) => value + half[i]),
    second: (at) => `± ${number(half[at])}`,
  };
}

/** Of the mean of `count` values with this population deviation; a lone value has none to show. */
function standardError(deviation, count) {
  return count > 1 ? deviation / Math.sqrt(count - 1) : 0;
}

/** The groups' colours: the first ones seen in natural order, later ones after them. */
class GroupOrder extends Emitter {
  #indices = new Map();

  reset() {
    this.#indices.clear();
    this.emit("change");
  }

  learn(names) {
    const fresh = names.filter((name) => !this.#indices.has(name)).sort(compareCells);
    for (const name of fresh) this.#indices.set(name, this.#indices.size);
    if (fresh.length > 0) this.emit("change");
  }

  index(name) {
    return this.#indices.get(name) ?? 0;
  }

  names() {
    return [...this.#indices.keys()];
  }
}

export const groupOrder = new GroupOrder();

/** The bands of one tag. Emits `change`, and `error` with the error. */
export class Bands extends Emitter {
  groups = [];
  isLoaded = false;
  #controller = null;
  #timer = null;

  constructor(tag) {
    super();
    this.tag = tag;
  }

  /** Show these runs grouped by `key`; `isLive` says whether more is to come; `range` is a range of steps. */
  async load({ runs, key, isLive, range }) {
    this.stop();
    const controller = new AbortController();
    this.#controller = controller;
    try {
      const params = { tag: this.tag, runs: runs.join(), key, from: range?.[0], to: range?.[1], points: 1000 };
      const frame = await getFrame("/api/groups", params, controller.signal);
      this.groups = frame.series.map((part) => ({
        name: part.group,
        runs: part.runs,
        x: part.step,
        mean: part.mean,
        deviation: part.deviation,
        count: part.count,
        min: part.min,
        max: part.max,
      }));
      this.isLoaded = true;
      groupOrder.learn(this.groups.map((group) => group.name));
      this.emit("change");
    } catch (error) {
      if (error.name !== "AbortError") this.emit("error", error);
    }
    if (isLive && this.#controller === controller)
      this.#timer = setTimeout(() => this.load({ runs, key, isLive, range }), AGAIN_MS);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#controller?.abort();
    this.#controller = null;
  }
}
