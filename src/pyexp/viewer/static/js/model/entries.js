// @ts-check
// Owns the lists of logged things of one tag (figures, images, texts, histograms, tables): which
// steps each run has, kept current while they are shown.

import { Emitter } from "../base/emitter.js";
import { isDropped, Latest } from "../base/latest.js";
import { throttled } from "../base/timing.js";
import { getJson } from "./api.js";
import { live } from "./live.js";

/**
 * A logged thing: its place among those of its tag and run, and what its kind adds.
 *
 * @typedef {{ index: number, step: number, time: number, [field: string]: any }} Entry
 */
/** @typedef {{ run: number, total: number, entries: Entry[] }} RunEntries */

/** @type {Set<Entries>} */
const watched = new Set();

live.provide("entries", () => (watched.size > 0 ? [...watched].map((entries) => entries.subscription()) : null));
live.on("entries", ({ kind, tag, run, total }) => {
  for (const entries of watched) if (entries.kind === kind && entries.tag === tag) entries.grown(run, total);
});

/** The entries of one tag over the wanted runs. Emits `change`, and `error` with the error. */
export class Entries extends Emitter {
  /** @type {Map<number, RunEntries>} by run id */
  byRun = new Map();
  /** @type {number[]} */
  runs = [];
  isLoaded = false;
  isFailed = false;
  #latest = new Latest();
  #again = throttled(() => this.#fetch(), 500);

  /**
   * @param {string} kind
   * @param {number} tag its id
   */
  constructor(kind, tag) {
    super();
    this.kind = kind;
    this.tag = tag;
  }

  /** @param {number[]} runs ids */
  setRuns(runs) {
    this.runs = runs;
    return this.#fetch();
  }

  watch() {
    watched.add(this);
    live.changed();
  }

  unwatch() {
    watched.delete(this);
    this.#latest.drop();
    live.changed();
  }

  subscription() {
    const totals = Object.fromEntries([...this.byRun].map(([id, { total }]) => [id, total]));
    return { kind: this.kind, tag: this.tag, runs: this.runs, totals };
  }

  /**
   * @param {number} run
   * @param {number} total
   */
  grown(run, total) {
    if (this.byRun.get(run)?.total !== total) this.#again();
  }

  /** List every step that some run has, rising. */
  steps() {
    /** @type {Set<number>} */
    const steps = new Set();
    for (const { entries } of this.byRun.values()) for (const entry of entries) steps.add(entry.step);
    return [...steps].sort((a, b) => a - b);
  }

  /**
   * Return the run's last entry at or before `step` (null: the newest).
   *
   * @param {number} run
   * @param {number | null} step
   */
  at(run, step) {
    const entries = this.byRun.get(run)?.entries ?? [];
    if (step === null) return entries.at(-1) ?? null;
    return entries.findLast((entry) => entry.step <= step) ?? null;
  }

  async #fetch() {
    const params = { kind: this.kind, tag: this.tag, runs: this.runs.join() };
    try {
      const answer = await this.#latest.ask(async (signal) =>
        params.runs ? getJson("/api/entries", params, signal) : { runs: [] },
      );
      /** @type {RunEntries[]} */
      const found = answer.runs;
      this.byRun = new Map(found.filter(({ total }) => total > 0).map((part) => [part.run, part]));
      this.isLoaded = true;
      this.isFailed = false;
      live.changed();
      this.emit("change");
    } catch (error) {
      if (isDropped(error)) return;
      this.isFailed = true;
      this.emit("error", error);
    }
  }
}
