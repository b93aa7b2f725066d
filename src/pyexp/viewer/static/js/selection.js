// Owns which runs are looked at: those switched on that also pass the filter.
// Written as a base (the first twenty, all, none) and the exceptions to it, so that a run
// that appears later is taken in, and a link stays short.

import { catalog } from "./catalog.js";
import { Emitter } from "./emitter.js";
import { view } from "./state.js";

const FIRST = 20;
export const MOST = 1000; // what one request may name

class Selection extends Emitter {
  chosen = [];
  filterError = null;
  isCut = false; // more runs are on than one request may name
  #on = new Set();
  #pattern = null;

  constructor() {
    super();
    catalog.on("change", () => this.#update());
    view.on("change", (changed) => {
      if (changed.some((key) => ["q", "base", "flip"].includes(key))) this.#update();
    });
    if (catalog.isLoaded) this.#update(); // it may have come before this module
  }

  isOn(run) {
    return this.#on.has(run.id);
  }

  /** Whether the run passes the filter (its name, its batch's name or its status match). */
  passes(run) {
    if (!this.#pattern) return true;
    const batch = catalog.batches.get(run.batch);
    return this.#pattern.test(run.name) || this.#pattern.test(`${batch?.name ?? ""}/${run.name}`);
  }

  toggle(runs, isOn) {
    const flip = new Set(view.get("flip"));
    for (const run of runs) {
      if (this.isOn(run) === isOn) continue;
      if (flip.has(run.id)) flip.delete(run.id);
      else flip.add(run.id);
    }
    view.set({ flip: [...flip] });
  }

  /** All, none, or exactly `runs`. Under a filter, "all" means all that pass it. */
  all() {
    if (this.#pattern) this.only(this.passing());
    else view.set({ base: "all", flip: [] });
  }

  none() {
    view.set({ base: "none", flip: [] });
  }

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
    const on = new Set();
    let position = 0;
    for (const { runs } of catalog.tree()) {
      for (const run of runs) {
        const isBase = base === "all" || (base === "auto" && position < FIRST);
        if (isBase !== flip.has(run.id)) on.add(run.id);
        position += 1;
      }
    }
    return on;
  }

  #readFilter() {
    const text = view.get("q");
    this.filterError = null;
    this.#pattern = null;
    if (!text) return;
    try {
      this.#pattern = new RegExp(text, "i");
    } catch (error) {
      this.filterError = error.message.replace(/^Invalid regular expression: /, "");
    }
  }
}

export const selection = new Selection();
