// Owns the head of a chart card: its title, the switches that the view has for its tag, the menu of files.

import { iconButton, menuButton } from "./buttons.js";
import { fill, h } from "./dom.js";
import { icon } from "./icons.js";
import { cardTitle } from "./slots.js";
import { view } from "./state.js";

/** The head of the chart of `tag`; `reset()` shows the whole range, `save(format)` saves a file. */
export class ChartHead {
  constructor(tag, { reset, save }) {
    this.tag = tag;
    this.log = h(
      "button",
      {
        class: "text-button",
        type: "button",
        title: "Logarithmic y-axis",
        onclick: () => view.toggle("logy", tag.id),
      },
      "log",
    );
    this.wide = iconButton("expand", "Full width", () => view.toggle("wide", tag.id));
    this.reset = iconButton("reset", "Whole range", reset, { class: "icon-button reset" });
    const files = menuButton("download", "Save this chart", [
      ["PNG picture", () => save("png")],
      ["SVG picture", () => save("svg")],
      ["CSV, all points", () => save("csv")],
    ]);
    const actions = h("div", { class: "card-actions" }, this.reset, this.log, this.wide, files);
    this.element = h("header", { class: "card-head" }, cardTitle(tag), actions);
    this.show();
  }

  /** Show the switches as the view has them. */
  show() {
    this.log.setAttribute("aria-pressed", String(view.get("logy").includes(this.tag.id)));
    fill(this.wide, icon(view.get("wide").includes(this.tag.id) ? "shrink" : "expand"));
  }

  showZoomed(isZoomed) {
    this.reset.classList.toggle("is-on", isZoomed);
  }
}
