// Owns one run's part of a card: its name, the step that is shown, its body, and the error when it could not be shown.

import { nameElement } from "../base/cut_name.js";
import { colourDot, fill, h, setText } from "../base/dom.js";
import { number } from "../base/format.js";
import { isDropped } from "../base/latest.js";
import { catalog } from "../model/catalog.js";
import { colourOf, dashOf } from "../model/colours.js";

export class Tile {
  #body;
  #entry = null;
  #key; // of the entry that is shown; undefined before the first
  #showing = null;

  constructor(tag, run, body) {
    this.#body = body;
    const dot = colourDot(colourOf(run), dashOf(run));
    this.offer = h("span", { class: "tile-offer" });
    this.step = h("span", { class: "tile-step" });
    this.problem = h("p", { class: "card-note is-error", role: "status" });
    this.element = h(
      "section",
      { class: "tile", "aria-label": `${tag.name} of ${run.name}`, data: { run: run.id } },
      h(
        "header",
        { class: "tile-head" },
        dot,
        nameElement(catalog.label(run), "tile-name", { title: catalog.label(run) }),
        this.offer,
        this.step,
      ),
      body.element,
      this.problem,
    );
  }

  /** Show `entry` (null: none yet at this step); settled when it is seen or has failed. */
  show(entry, isArrival) {
    const key = entry ? `${entry.index} ${entry.time}` : null;
    if (this.#key === key) return this.#showing;
    if (isArrival && this.#body.isKept) {
      const take = () => this.#show(entry, key);
      fill(
        this.offer,
        h("button", { class: "link", type: "button", onclick: take }, `newer: step ${number(entry.step)}`),
      );
      return this.#showing;
    }
    return this.#show(entry, key);
  }

  /** Try again if it failed. */
  again() {
    if (this.problem.textContent) this.#show(this.#entry, this.#key);
  }

  end() {
    this.#body.end();
    this.element.remove();
  }

  #show(entry, key) {
    this.#entry = entry;
    this.#key = key;
    this.#showing = this.#fill(entry);
    return this.#showing;
  }

  async #fill(entry) {
    fill(this.offer);
    setText(this.step, entry ? `step ${number(entry.step)}` : "nothing yet at this step");
    this.element.classList.toggle("is-empty", !entry);
    let problem = "";
    try {
      await this.#body.show(entry);
    } catch (error) {
      if (isDropped(error)) return; // another entry is asked for already
      problem = error.message;
    }
    setText(this.problem, problem);
    this.#body.element.hidden = problem !== "";
  }
}
