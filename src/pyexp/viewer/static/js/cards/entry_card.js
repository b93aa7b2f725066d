// Owns the card that shows one tag's entry of each run at a step: header with slider, a tile per run.
// What a tile shows is given by its kind (a picture, a text, a table).

import { iconButton } from "../base/buttons.js";
import { fill, h, setCss, setText, settle } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { catalog } from "../model/catalog.js";
import { Entries } from "../model/entries.js";
import { live } from "../model/live.js";
import { selection } from "../model/selection.js";
import { view } from "../model/view.js";
import { cardTitle } from "./slot.js";
import { Stepper } from "./stepper.js";
import { Tile } from "./tile.js";

const MOST_TILES = 24;

/**
 * A card for `CardGroups`. `makeBody(tag, run, entries)` gives `{element, show(entry), end()}`: the inside of a tile, shown
 * again whenever another entry is to be seen; `show` is awaited, and the message of what it throws is shown. While a
 * body `isKept`, a newer entry is only offered. Without a slider the newest entry is shown.
 */
export class EntryCard {
  #tiles = new Map(); // run id -> Tile
  #stops = [];

  constructor(kind, tag, element, makeBody, hasSlider = true) {
    this.tag = tag;
    this.element = element;
    this.makeBody = makeBody;
    this.hasSlider = hasSlider;
    this.entries = new Entries(kind, tag.id);
    this.stepper = new Stepper(tag.id, () => this.#update());
    this.grid = h("div", { class: "tiles" });
    this.note = h("p", { class: "card-note", role: "status" });
    this.wideButton = iconButton("expand", "Full width", () => view.toggle("wide", tag.id));
    const head = h(
      "header",
      { class: "card-head" },
      cardTitle(tag),
      hasSlider ? this.stepper.element : null,
      h("div", { class: "card-actions" }, this.wideButton),
    );
    element.classList.add("entry-card");
    fill(element, head, this.grid, this.note);
    this.#stops.push(
      this.entries.on("change", () => this.#arrived()),
      this.entries.on("error", (error) => this.#say(error.message, true)),
      () => this.stepper.stop(),
    );
  }

  show() {
    this.following = [
      selection.on("change", () => this.#setRuns()),
      view.on("wide", () => this.#showWide()),
      live.on("hello", () => this.#again()),
    ];
    this.entries.watch();
    this.#showWide();
    this.#setRuns();
  }

  hide() {
    for (const stop of this.following ?? []) stop();
    this.entries.unwatch();
    setCss(this.element, { "min-height": `${this.element.offsetHeight}px` }); // what is below stays where it is
    for (const id of [...this.#tiles.keys()]) this.#drop(id);
  }

  end() {
    for (const stop of this.#stops) stop();
  }

  #setRuns() {
    this.entries.setRuns(selection.chosen.map((run) => run.id));
  }

  /** The server is back: ask again for what it did not give. */
  #again() {
    if (this.entries.isFailed) this.#setRuns();
    for (const tile of this.#tiles.values()) tile.again();
  }

  #showWide() {
    const isWide = view.get("wide").includes(this.tag.id);
    this.element.classList.toggle("is-wide", isWide);
    fill(this.wideButton, icon(isWide ? "shrink" : "expand"));
  }

  #say(text, isError = false) {
    setText(this.note, text);
    this.note.classList.toggle("is-error", isError);
  }

  #arrived() {
    this.stepper.setSteps(this.entries.steps());
    this.#update(true);
  }

  #update(isArrival = false) {
    if (!this.entries.isLoaded) return;
    const ids = this.entries.runs.filter((id) => this.entries.byRun.has(id) && catalog.run(id));
    const shown = ids.slice(0, MOST_TILES);
    this.#say(
      ids.length > MOST_TILES
        ? `The first ${MOST_TILES} of ${ids.length} runs are shown. Choose fewer in the panel.`
        : "",
    );
    for (const id of [...this.#tiles.keys()]) if (!shown.includes(id)) this.#drop(id);
    const shows = shown.map((id) => this.#showTile(id, isArrival));
    settle(
      this.grid,
      shown.map((id) => this.#tiles.get(id).element),
    );
    Promise.all(shows).then(() => setCss(this.element, { "min-height": "" }));
  }

  #showTile(id, isArrival) {
    const tile = this.#tiles.get(id) ?? this.#open(catalog.run(id));
    return tile.show(this.entries.at(id, this.hasSlider ? this.stepper.step : null), isArrival);
  }

  #open(run) {
    const entries = () => this.entries.byRun.get(run.id)?.entries ?? [];
    const tile = new Tile(this.tag, run, this.makeBody(this.tag, run, entries));
    this.#tiles.set(run.id, tile);
    this.grid.append(tile.element);
    return tile;
  }

  #drop(id) {
    this.#tiles.get(id).end();
    this.#tiles.delete(id);
  }
}
