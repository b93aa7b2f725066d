// @ts-check
// Owns the points of one tag: fetches them, takes in what the websocket brings, fetches detail for a
// zoomed range. Holds at most some thousand points a run, whatever the log holds.

import { Emitter } from "../base/emitter.js";
import { isDropped, Latest } from "../base/latest.js";
import { getFrame } from "./api.js";
import { live } from "./live.js";
import { oddities } from "./oddities.js";

export const MOST_LINES = 120; // of a chart; of more runs it shows an envelope
const MOST_POINTS = 2000; // of one run, before a fresh down-sampled fetch
const POINTS = 1000;
/** @type {("step" | "value" | "time")[]} */
const COLUMNS = ["step", "value", "time"];

/**
 * The points of a run that are held, of `total` in its log; `cursor` is where the server continues.
 *
 * @typedef {object} Line
 * @property {Float64Array} step
 * @property {Float64Array} value
 * @property {Float64Array} time
 * @property {number} total
 * @property {any} cursor
 * @property {number} nonfinite how many of all its values are nan or infinite
 * @property {number} nonpositive how many are zero or less
 */

/** @type {Set<Series>} */
const watched = new Set();

live.provide("series", () => {
  const looked = [...watched].filter((source) => source.isLoaded && source.runs.length > 0);
  return looked.length > 0 ? looked.map((source) => source.subscription()) : null;
});
live.on("delta", (frame) => {
  for (const source of watched) if (source.tag === frame.tag) source.take(frame);
});

/** The series of one tag over the wanted runs. Emits `change`, and `error` with the error. */
export class Series extends Emitter {
  /** @type {Map<number, Line>} by run id */
  lines = new Map();
  /** @type {number[]} */
  runs = [];
  having = 0; // how many of the wanted runs have the tag
  isLoaded = false;
  #latest = new Latest();
  /** @type {Set<number>} */
  #stale = new Set();

  /** @param {{ id: number, name: string }} tag */
  constructor({ id, name }) {
    super();
    this.tag = id;
    this.name = name;
  }

  /**
   * Show these runs, of too many the first that have the tag: what is missing is fetched, the others are dropped.
   *
   * @param {number[]} runs ids
   */
  setRuns(runs) {
    if (runs.length > MOST_LINES) return this.#fetch(runs, { most: MOST_LINES });
    this.runs = runs;
    const wanted = new Set(runs);
    for (const id of this.lines.keys()) if (!wanted.has(id)) this.lines.delete(id);
    return this.#fetchMissing();
  }

  watch() {
    watched.add(this);
    live.changed();
  }

  unwatch() {
    watched.delete(this);
    live.changed();
  }

  end() {
    this.unwatch();
    this.#latest.drop();
    this.lines.clear();
  }

  subscription() {
    /** @type {Record<number, any>} */
    const cursors = {};
    for (const [id, line] of this.lines) if (line.cursor) cursors[id] = line.cursor;
    return { tag: this.tag, runs: this.runs, cursors };
  }

  /**
   * Take in a frame of the websocket. A part that does not continue what is held here is asked for again.
   *
   * @param {import("./api.js").Frame} frame
   */
  take(frame) {
    let isAstray = false;
    for (const part of frame.series) {
      if (!this.runs.includes(part.run)) continue;
      const line = this.lines.get(part.run);
      if (part.nonfinite > 0) oddities.broke(part.run, this.name);
      if (part.replace) this.lines.set(part.run, lineOf(part));
      else if (line && part.base === line.cursor) extend(line, part);
      else isAstray = true;
      if ((this.lines.get(part.run)?.step.length ?? 0) > MOST_POINTS) this.#stale.add(part.run);
    }
    if (isAstray) live.changed();
    if (this.#stale.size > 0 && !this.#latest.isRunning) this.#fetch([...this.#stale]);
    this.having = Math.max(this.having, this.lines.size);
    this.emit("change");
  }

  /**
   * Fetch the points of a range in full detail; lines like `lines`.
   *
   * @param {string} axis
   * @param {number} from
   * @param {number} to
   * @param {AbortSignal} signal
   */
  async detail(axis, from, to, signal) {
    const frame = await getFrame(
      "/api/series",
      { tag: this.tag, runs: this.runs.join(), axis, from, to, points: POINTS },
      signal,
    );
    return new Map(frame.series.map((part) => [part.run, lineOf(part)]));
  }

  async #fetchMissing() {
    const missing = this.runs.filter((id) => !this.lines.has(id) || this.#stale.has(id));
    if (missing.length > 0) return this.#fetch(missing);
    this.#latest.drop();
    this.having = this.lines.size;
    this.#arrived();
  }

  /**
   * @param {number[]} runs
   * @param {{ most?: number }} limit with `most` these are all wanted runs, and only so many of them are held
   */
  async #fetch(runs, { most } = {}) {
    const params = { tag: this.tag, runs: runs.join(), points: POINTS, most };
    try {
      const frame = await this.#latest.ask((signal) => getFrame("/api/series", params, signal));
      if (most) {
        this.runs = frame.series.map((part) => part.run);
        this.lines.clear();
      }
      for (const part of frame.series) this.#hold(part);
      for (const id of runs) this.#stale.delete(id);
      this.having = most ? frame.having : this.lines.size;
      this.#arrived();
    } catch (error) {
      if (!isDropped(error)) this.emit("error", error);
    }
  }

  /** @param {any} part of a frame */
  #hold(part) {
    this.lines.set(part.run, lineOf(part));
    if (part.nonfinite > 0) oddities.broke(part.run, this.name);
  }

  #arrived() {
    this.isLoaded = true;
    this.emit("change");
    live.changed();
  }
}

/**
 * @param {any} part of a frame
 * @returns {Line}
 */
function lineOf(part) {
  // slices, so that one line does not keep the whole frame alive
  const [step, value, time] = COLUMNS.map((column) => part[column].slice());
  const { total, cursor, nonfinite = 0, nonpositive = 0 } = part;
  return { step, value, time, total, cursor, nonfinite, nonpositive };
}

/**
 * @param {Line} line
 * @param {any} part of a frame
 */
function extend(line, part) {
  for (const column of COLUMNS) {
    const joined = new Float64Array(line[column].length + part.points);
    joined.set(line[column]);
    joined.set(part[column], line[column].length);
    line[column] = joined;
  }
  line.nonfinite += part.nonfinite;
  line.nonpositive += part.nonpositive;
  line.total = part.total;
  line.cursor = part.cursor;
}
