// Owns the card that shows one tag's entry of each run at a step: header with slider, a tile per run.
// What a tile shows is given by its kind (a picture, a text, a table).

import { catalog } from "./catalog.js";
import { colourOf } from "./colours.js";
import { fill, h, setCss, setText } from "./dom.js";
import { Entries } from "./entries.js";
import { number } from "./format.js";
import { iconButton } from "./buttons.js";
import { selection } from "./selection.js";
import { cardTitle } from "./slots.js";
import { Stepper } from "./stepper.js";
import { view } from "./state.js";
import { icon } from "./icons.js";

const MOST_TILES = 24;

/**
 * A card for `CardGroups`. `makeBody(tag, run)` gives `{element, show(entry), end()}`: the inside of a tile, shown again
 * whenever another entry is to be seen. Without a slider the newest is.
 */
export class EntryCard {
  #tiles = new Map(); // run id -> {element, body, step}
  #stops = [];

  constructor(kind, tag, element, makeBody, hasSlider = true) {
    this.tag = tag;
    this.element = element;
    this.makeBody = makeBody;
    this.hasSlider = hasSlider;
    this.entries = new Entries(kind, tag.id);
    this.stepper = new Stepper(() => this.#update());
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
    this.following = [selection.on("change", () => this.#want()), view.on("wide", () => this.#showWide())];
    this.entries.watch();
    this.#showWide();
    this.#want();
  }

  hide() {
    for (const stop of this.following ?? []) stop();
    this.entries.unwatch();
    for (const id of [...this.#tiles.keys()]) this.#drop(id);
  }

  end() {
    for (const stop of this.#stops) stop();
  }

  #want() {
    this.entries.want(selection.chosen.map((run) => run.id));
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
    this.#update();
  }

  #update() {
    if (!this.entries.isLoaded) return;
    const ids = this.entries.runs.filter((id) => this.entries.byRun.has(id) && catalog.run(id));
    const shown = ids.slice(0, MOST_TILES);
    this.#say(
      ids.length > MOST_TILES
        ? `The first ${MOST_TILES} of ${ids.length} runs are shown. Choose fewer in the panel.`
        : "",
    );
    for (const id of [...this.#tiles.keys()]) if (!shown.includes(id)) this.#drop(id);
    for (const id of shown) this.#showTile(id);
  }

  #showTile(id) {
    const tile = this.#tiles.get(id) ?? this.#open(catalog.run(id));
    const entry = this.entries.at(id, this.hasSlider ? this.stepper.step : null);
    setText(tile.step, entry ? `step ${number(entry.step)}` : "not yet at this step");
    tile.element.classList.toggle("is-empty", !entry);
    const key = entry ? `${entry.index} ${entry.time}` : null;
    if (tile.key === key) return;
    tile.key = key;
    tile.body.show(entry);
  }

  #open(run) {
    const dot = h("i", { class: "dot" });
    setCss(dot, { background: colourOf(run) });
    const step = h("span", { class: "tile-step" });
    const body = this.makeBody(this.tag, run);
    const element = h(
      "section",
      { class: "tile", "aria-label": `${this.tag.name} of ${run.name}`, data: { run: run.id } },
      h(
        "header",
        { class: "tile-head" },
        dot,
        h("span", { class: "tile-name", title: run.name }, catalog.label(run)),
        step,
      ),
      body.element,
    );
    const tile = { element, body, step, key: undefined };
    this.#tiles.set(run.id, tile);
    this.grid.append(element);
    return tile;
  }

  #drop(id) {
    const tile = this.#tiles.get(id);
    tile.body.end();
    tile.element.remove();
    this.#tiles.delete(id);
  }
}
