// @ts-check
// Owns which runs are shown: those switched on that also pass the filter.
// Until it is touched these are the first twenty, those that run before the others; then exactly the runs that were chosen,
// so that nothing flips by itself and a link means the same later. "All" takes in what appears later, too.

import { Emitter } from "../base/emitter.js";
import { catalog } from "./catalog.js";
import { configs } from "./configs.js";
import { RunFilter } from "./filters.js";
import { view } from "./view.js";

/** @typedef {import("./catalog.js").Run} Run */

const FIRST = 20;
export const MOST = 1000; // what one request may name

class Selection extends Emitter {
  /** @type {Run[]} */
  chosen = [];
  isCut = false; // more runs are on than one request may name
  /** @type {Set<number>} */
  #on = new Set();
  #filter = new RunFilter("");

  constructor() {
    super();
    catalog.on("change", () => this.#update());
    configs.on("change", () => this.#update());
    view.on("change", (changed) => {
      if (changed.some((/** @type {string} */ key) => ["q", "base", "flip"].includes(key))) this.#update();
    });
    if (catalog.isLoaded) this.#update(); // it may have come before this module
  }

  /** What is wrong with the filter, or null. */
  get filterError() {
    return this.#filter.error;
  }

  /** @param {{ id: number }} run */
  isOn(run) {
    return this.#on.has(run.id);
  }

  /**
   * Return whether the run passes the filter.
   *
   * @param {Run} run
   */
  passes(run) {
    return this.#filter.passes(run, catalog.batches.get(run.batch)?.name ?? "", () => configs.of(run));
  }

  /**
   * @param {Run[]} runs
   * @param {boolean} isOn
   */
  toggle(runs, isOn) {
    const base = view.get("base") === "all" ? "all" : "none";
    const flip = new Set(view.get("base") === "auto" ? this.#on : view.get("flip"));
    for (const { id } of runs) {
      if (isOn === (base === "none")) flip.add(id);
      else flip.delete(id);
    }
    view.set({ base, flip: [...flip] });
  }

  /** All, none, or exactly `runs`. Under a filter, "all" means all that pass it. */
  all() {
    if (this.#filter.isActive) this.only(this.passing());
    else view.set({ base: "all", flip: [] });
  }

  none() {
    view.set({ base: "none", flip: [] });
  }

  /** @param {Run[]} runs */
  only(runs) {
    view.set({ base: "none", flip: runs.map((run) => run.id) });
  }

  passing() {
    return catalog.tree().flatMap(({ runs }) => runs.filter((run) => this.passes(run)));
  }

  #update() {
    this.#readFilter();
    this.#on = this.#switchedOn();
    const before = this.chosen.map((run) => run.id).join();
    const everything = this.passing().filter((run) => this.isOn(run));
    this.isCut = everything.length > MOST;
    this.chosen = everything.slice(0, MOST);
    this.emit("update");
    if (this.chosen.map((run) => run.id).join() !== before) this.emit("change");
  }

  #switchedOn() {
    const base = view.get("base");
    const flip = new Set(view.get("flip"));
    const ids = catalog.tree().flatMap(({ runs }) => runs.map((run) => run.id));
    if (base === "auto") return this.#firstOn(ids);
    return new Set(ids.filter((id) => (base === "all") !== flip.has(id)));
  }

  /**
   * Return the runs that start switched on, twenty in all: those that are running, then the first.
   *
   * @param {number[]} ids in the order of the tree
   */
  #firstOn(ids) {
    const running = ids.filter((id) => catalog.run(id)?.status === "running");
    return new Set([...new Set([...running, ...ids])].slice(0, FIRST));
  }

  #readFilter() {
    this.#filter = new RunFilter(view.get("q"));
    if (this.#filter.readsConfigs) configs.load();
  }
}

export const selection = new Selection();
