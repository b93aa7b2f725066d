// Owns the head of a chart card: its title, the switches that the view has for its tag, the menu of files.

import { iconButton, menuButton } from "../base/buttons.js";
import { fill, h } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { cardTitle } from "../cards/slot.js";
import { view } from "../model/view.js";
import { isClipped } from "./drawing.js";

const coarse = matchMedia("(pointer: coarse)");

/**
 * The head of the chart of `tag`; `reset()` resets the zoom, `save(format)` saves a file, `redraw()` draws again.
 */
export class ChartHead {
  #isZooming = false;

  constructor(tag, { reset, save, redraw }) {
    this.tag = tag;
    this.log = viewSwitch("log", "Logarithmic y-axis", () => view.toggle("logy", tag.id));
    this.clip = viewSwitch("clip", "Leave outliers out of the y-range", () => view.toggle("clip", tag.id));
    const flipZooming = () => {
      this.#setZooming(!this.#isZooming);
      redraw();
    };
    this.zoom = iconButton("zoom", "Zoom by dragging", flipZooming, { class: "icon-button touch-zoom" });
    this.wide = iconButton("expand", "Full width", () => view.toggle("wide", tag.id));
    this.reset = iconButton("reset", "Reset zoom", reset, { class: "icon-button reset" });
    const files = menuButton("download", "Save this chart", [
      ["PNG picture", () => save("png")],
      ["SVG picture", () => save("svg")],
      ["CSV, all points", () => save("csv")],
    ]);
    const switches = [this.reset, this.zoom, this.clip, this.log, this.wide];
    this.element = h(
      "header",
      { class: "card-head" },
      cardTitle(tag),
      h("div", { class: "card-actions" }, switches, files),
    );
    this.#setZooming(false);
    this.show();
  }

  /** Show the switches as the view has them. */
  show() {
    press(this.log, view.get("logy").includes(this.tag.id));
    press(this.clip, isClipped(this.tag.id));
    fill(this.wide, icon(view.get("wide").includes(this.tag.id) ? "shrink" : "expand"));
  }

  /** Whether outliers are clipped now. */
  showCut(isCut) {
    this.clip.classList.toggle("is-cutting", isCut);
    this.clip.title = isCut ? "Outliers are clipped; show them" : "Leave outliers out of the y-range";
  }

  showZoomed(isZoomed) {
    this.reset.classList.toggle("is-on", isZoomed);
  }

  /** Whether a drag over the chart zooms; a finger scrolls the page instead, until it is asked to zoom. */
  dragsToZoom() {
    return this.#isZooming || !coarse.matches;
  }

  /** The drag is done: a finger scrolls again. */
  zoomed() {
    this.#setZooming(false);
  }

  #setZooming(isOn) {
    this.#isZooming = isOn;
    press(this.zoom, isOn);
  }
}

function viewSwitch(label, title, onclick) {
  return h("button", { class: "text-button", type: "button", title, onclick }, label);
}

function press(button, isOn) {
  button.setAttribute("aria-pressed", String(isOn));
}
