// Owns the lists of logged things of one tag (figures, images, texts, histograms, tables): which
// steps each run has, kept current while they are looked at.

import { Emitter } from "../base/emitter.js";
import { throttled } from "../base/timing.js";
import { getJson } from "./api.js";
import { live } from "./live.js";

const watched = new Set();

live.provide("entries", () => (watched.size > 0 ? [...watched].map((entries) => entries.subscription()) : null));
live.on("entries", ({ kind, tag, run, total }) => {
  for (const entries of watched) if (entries.kind === kind && entries.tag === tag) entries.grown(run, total);
});

/** The entries of one tag over the wanted runs. Emits `change`, and `error` with the error. */
export class Entries extends Emitter {
  byRun = new Map(); // run id -> {total, entries: [{index, step, time, ...}]}
  runs = [];
  isLoaded = false;
  isFailed = false;
  #controller = null;
  #again = throttled(() => this.#fetch(), 500);

  constructor(kind, tag) {
    super();
    this.kind = kind;
    this.tag = tag;
  }

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
    this.#controller?.abort();
    live.changed();
  }

  subscription() {
    const totals = Object.fromEntries([...this.byRun].map(([id, { total }]) => [id, total]));
    return { kind: this.kind, tag: this.tag, runs: this.runs, totals };
  }

  grown(run, total) {
    if (this.byRun.get(run)?.total !== total) this.#again();
  }

  /** Every step that some run has, rising. */
  steps() {
    const steps = new Set();
    for (const { entries } of this.byRun.values()) for (const entry of entries) steps.add(entry.step);
    return [...steps].sort((a, b) => a - b);
  }

  /** The run's last entry at or before `step` (null: the newest). */
  at(run, step) {
    const entries = this.byRun.get(run)?.entries ?? [];
    if (step === null) return entries.at(-1) ?? null;
    return entries.findLast((entry) => entry.step <= step) ?? null;
  }

  async #fetch() {
    this.#controller?.abort();
    const controller = new AbortController();
    this.#controller = controller;
    try {
      const answer = this.runs.length
        ? await getJson("/api/entries", { kind: this.kind, tag: this.tag, runs: this.runs.join() }, controller.signal)
        : { runs: [] };
      this.byRun = new Map(answer.runs.filter(({ total }) => total > 0).map((part) => [part.run, part]));
      this.isLoaded = true;
      this.isFailed = false;
      live.changed();
      this.emit("change");
    } catch (error) {
      if (error.name === "AbortError") return;
      this.isFailed = true;
      this.emit("error", error);
    }
  }
}
