// @ts-check
// Owns the page's copy of the catalogue: batches, runs, and their changes as they arrive.

import { Emitter } from "../base/emitter.js";
import { Latest } from "../base/latest.js";
import { getJson } from "./api.js";

/**
 * A run as the server lists it; its sheet asks for more.
 *
 * @typedef {object} Run
 * @property {number} id
 * @property {number} batch the id of its batch
 * @property {string} name
 * @property {number} position in its batch
 * @property {string} status
 * @property {boolean} [output] whether it has printed anything
 * @property {string | null} [error] the last line of it
 * @property {number | null} [started] unix seconds
 * @property {number | null} [finished] unix seconds
 * @property {number | null} [duration] seconds
 */
/**
 * A batch as the server lists it.
 *
 * @typedef {object} Batch
 * @property {number} id
 * @property {string} name
 * @property {string | null} [experiment]
 * @property {string | null} [timestamp]
 * @property {number} total
 * @property {boolean} [live]
 * @property {number | null} [started] unix seconds
 */
/** @typedef {{ batch: Batch, runs: Run[] }} BatchEntry */

const NATURAL = new Intl.Collator("en", { numeric: true });

class Catalog extends Emitter {
  /** @type {number | null} */
  rev = null;
  /** @type {string | null} */
  epoch = null;
  root = "";
  /** @type {string | null} */
  notice = null;
  isLoaded = false;
  /** @type {Map<number, Run>} */
  runs = new Map();
  /** @type {Map<number, Batch>} */
  batches = new Map();
  #latest = new Latest();
  /** @type {BatchEntry[] | null} */
  #order = null;
  /** @type {Map<string, number> | null} */
  #names = null;
  /** @type {Map<number, number>} run id -> place */
  #places = new Map();
  /** @type {Map<number, number> | null} batch id -> the first slot of its runs */
  #starts = null;
  /** @type {Map<number, [number, number]>} run id -> first and last time in its log, where nothing else gives them */
  #spans = new Map();

  /** Fetch everything again; throws when it is asked for once more meanwhile. */
  async load() {
    const [hello, answer] = await this.#latest.ask((signal) =>
      Promise.all([getJson("/api/hello", {}, signal), getJson("/api/catalog", {}, signal)]),
    );
    this.epoch = hello.epoch;
    this.rev = answer.rev;
    this.root = answer.root;
    this.notice = answer.notice;
    this.batches = new Map(answer.batches.map((/** @type {Batch} */ batch) => [batch.id, batch]));
    this.runs = new Map(answer.runs.map((/** @type {Run} */ run) => [run.id, this.#dated(run)]));
    this.isLoaded = true;
    this.#order = null;
    this.#starts = null;
    this.#names = null;
    this.emit("change");
  }

  /**
   * Take in a change from the server.
   *
   * @param {{ rev: number, notice?: string | null, batches: Batch[], runs: Run[], gone?: { batches: number[], runs: number[] } }} message
   */
  apply(message) {
    this.rev = message.rev;
    if (message.notice !== undefined) this.notice = message.notice;
    for (const batch of message.batches) this.batches.set(batch.id, batch);
    for (const run of message.runs) this.runs.set(run.id, this.#dated(run));
    for (const id of message.gone?.batches ?? []) this.batches.delete(id);
    for (const id of message.gone?.runs ?? []) this.runs.delete(id);
    this.#order = null;
    this.#starts = null;
    this.#names = null;
    this.emit("change");
  }

  /**
   * Take in the first and the last time in the logs of runs that have no status, unix seconds by run ids.
   *
   * @param {Record<string, [number, number]>} spans
   */
  date(spans) {
    const news = Object.entries(spans).filter(([run, span]) => String(this.#spans.get(Number(run))) !== String(span));
    for (const [run, span] of news) this.#spans.set(Number(run), span);
    const runs = news.map(([run]) => this.runs.get(Number(run))).filter((run) => run !== undefined);
    if (runs.length > 0) this.apply({ rev: this.rev ?? 0, batches: [], runs });
  }

  /**
   * @param {Run} run
   * @returns {Run}
   */
  #dated(run) {
    const span = this.#spans.get(run.id);
    if (!span) return run;
    return { ...run, started: span[0], finished: run.status === "running" ? null : span[1] };
  }

  /** Return the batches, newest first, each with its runs in config order. */
  tree() {
    this.#order ??= this.#sorted();
    return this.#order;
  }

  /** @param {number} id */
  run(id) {
    return this.runs.get(id);
  }

  /**
   * Return the run's name, with its batch when another batch has a run of this name.
   *
   * @param {Run} run
   */
  label(run) {
    this.#names ??= this.#countNames();
    return (this.#names.get(run.name) ?? 0) > 1 ? `${run.name} · ${this.batchLabel(run)}` : run.name;
  }

  /**
   * Name the run's batch by what distinguishes it from others.
   *
   * @param {Run} run
   */
  batchLabel(run) {
    const batch = this.batches.get(run.batch);
    return batch?.timestamp?.replace(/_(\d\d)-(\d\d)-(\d\d)/, " $1:$2:$3") ?? batch?.name ?? "";
  }

  #countNames() {
    /** @type {Map<string, number>} */
    const names = new Map();
    for (const run of this.runs.values()) names.set(run.name, (names.get(run.name) ?? 0) + 1);
    return names;
  }

  /**
   * Return the run's place in its batch: its position, or where that is taken, the next free one. Once given it stays.
   *
   * @param {Run} run
   */
  place(run) {
    this.tree();
    return this.#places.get(run.id) ?? run.position;
  }

  /**
   * Return the run's place among those of all batches, the oldest first: it is the palette's first colour for the first
   * run of a lone batch.
   *
   * @param {Run} run
   */
  slot(run) {
    this.#starts ??= this.#countStarts();
    return this.place(run) + (this.#starts.get(run.batch) ?? 0);
  }

  #countStarts() {
    /** @type {Map<number, number>} */
    const starts = new Map();
    let next = 0;
    for (const { batch, runs } of [...this.tree()].reverse()) {
      starts.set(batch.id, next);
      next += Math.max(batch.total, runs.length);
    }
    return starts;
  }

  /** @param {Run[]} runs */
  #settle(runs) {
    const taken = new Set(runs.map((run) => this.#places.get(run.id)).filter((place) => place !== undefined));
    for (const run of runs) {
      if (this.#places.has(run.id)) continue;
      let place = run.position;
      while (taken.has(place)) place += 1;
      taken.add(place);
      this.#places.set(run.id, place);
    }
  }

  #sorted() {
    /** @type {Map<number, BatchEntry>} */
    const byBatch = new Map([...this.batches.values()].map((batch) => [batch.id, { batch, runs: [] }]));
    for (const run of this.runs.values()) byBatch.get(run.batch)?.runs.push(run);
    const tree = [...byBatch.values()].filter((entry) => entry.runs.length > 0 || entry.batch.total > 0);
    for (const entry of tree) entry.runs.sort((a, b) => a.position - b.position || NATURAL.compare(a.name, b.name));
    for (const { runs } of tree) this.#settle(runs);
    return tree.sort(newestFirst);
  }
}

/**
 * Return how long a run took, or has taken up to now, in seconds; null where its start is not known.
 *
 * @param {Run} run
 */
export function elapsed(run) {
  if (run.duration !== null && run.duration !== undefined) return run.duration;
  if (run.started === null || run.started === undefined) return null;
  if (run.status === "running") return Math.max(0, Date.now() / 1000 - run.started);
  return run.finished ? run.finished - run.started : null;
}

/**
 * Return what these runs are, ids and states, as a text: as long as it stays, an answer about them holds.
 *
 * @param {Run[]} runs
 */
export function signOf(runs) {
  return runs.map((run) => `${run.id} ${run.status}`).join();
}

/**
 * @param {BatchEntry} a
 * @param {BatchEntry} b
 */
function newestFirst(a, b) {
  /** @type {(entry: BatchEntry) => string} */
  const stamp = ({ batch }) => batch.timestamp ?? "";
  if (stamp(a) !== stamp(b)) return stamp(a) < stamp(b) ? 1 : -1;
  return (b.batch.started ?? 0) - (a.batch.started ?? 0) || a.batch.name.localeCompare(b.batch.name);
}

export const catalog = new Catalog();
