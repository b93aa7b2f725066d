// @ts-check
// Owns the points of one tag: fetches them, takes in what the websocket brings, fetches detail for a
// zoomed range. Holds at most some thousand points a run, whatever the log holds.

import { Emitter } from "../base/emitter.js";
import { getFrame } from "./api.js";
import { live } from "./live.js";

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
  isLoaded = false;
  /** @type {AbortController | null} */
  #running = null;
  /** @type {Set<number>} */
  #stale = new Set();

  /** @param {number} tag its id */
  constructor(tag) {
    super();
    this.tag = tag;
  }

  /**
   * Show these runs: what is missing is fetched, the others are dropped.
   *
   * @param {number[]} runs ids
   */
  setRuns(runs) {
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
    this.#running?.abort();
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
      if (part.replace) this.lines.set(part.run, lineOf(part));
      else if (line && part.base === line.cursor) extend(line, part);
      else isAstray = true;
      if ((this.lines.get(part.run)?.step.length ?? 0) > MOST_POINTS) this.#stale.add(part.run);
    }
    if (isAstray) live.changed();
    if (this.#stale.size > 0) this.#fetchMissing();
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
    if (missing.length === 0) {
      this.isLoaded = true;
      this.emit("change");
      live.changed();
      return;
    }
    this.#running?.abort();
    const controller = new AbortController();
    this.#running = controller;
    try {
      const frame = await getFrame(
        "/api/series",
        { tag: this.tag, runs: missing.join(), points: POINTS },
        controller.signal,
      );
      for (const part of frame.series) this.lines.set(part.run, lineOf(part));
      for (const id of missing) this.#stale.delete(id);
      this.isLoaded = true;
      this.emit("change");
      live.changed();
    } catch (error) {
      if (error.name !== "AbortError") this.emit("error", error);
    }
  }
}

/**
 * @param {any} part of a frame
 * @returns {Line}
 */
function lineOf(part) {
  // slices, so that one line does not keep the whole frame alive
  const [step, value, time] = COLUMNS.map((column) => part[column].slice());
  return { step, value, time, total: part.total, cursor: part.cursor };
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
  line.total = part.total;
  line.cursor = part.cursor;
}
