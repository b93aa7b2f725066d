// Owns the smoothed lines of a chart: the server smooths over all points, which the page does not hold.
// While points arrive they are asked for again, the more slowly the longer an answer takes.

import { Emitter } from "../base/emitter.js";
import { isDropped, Latest } from "../base/latest.js";
import { getFrame } from "../model/api.js";

const POINTS = 1000;
const LEAST_MS = 250;
const SHARE = 4; // an answer may take at most this part of the time

/** Smoothed lines by run id, `{step, value, time, raw}`; null while there are none. Emits `change` and `error`. */
export class Smoothed extends Emitter {
  lines = null;
  #wish = null;
  #asked = "";
  #timer = null;
  #latest = new Latest();

  constructor(tag) {
    super();
    this.tag = tag;
  }

  /** Load what is wished for, `{runs, axis, weight, range}`; with `isNew` points even if it was asked for before. */
  want(wish, isNew = false) {
    this.#wish = wish;
    if (wish.weight <= 0 || wish.runs.length === 0) {
      this.stop();
      this.lines = null;
      return;
    }
    const key = JSON.stringify(wish);
    if (key !== this.#asked) this.#ask(key);
    else if (isNew) this.#timer ??= setTimeout(() => this.#ask(key), this.pause ?? LEAST_MS);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#asked = "";
    this.#latest.drop();
  }

  async #ask(key) {
    this.stop();
    this.#asked = key;
    const { runs, axis, weight, range } = this.#wish;
    const started = performance.now();
    try {
      const params = {
        tag: this.tag,
        runs: runs.join(),
        axis,
        weight,
        points: POINTS,
        from: range?.[0],
        to: range?.[1],
      };
      const frame = await this.#latest.ask((signal) => getFrame("/api/smoothed", params, signal));
      this.lines = new Map(frame.series.map((part) => [part.run, part]));
      this.pause = Math.max(LEAST_MS, SHARE * (performance.now() - started));
      this.emit("change");
    } catch (error) {
      if (!isDropped(error)) this.emit("error", error);
    }
  }
}
