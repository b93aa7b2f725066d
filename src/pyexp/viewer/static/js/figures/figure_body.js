// Owns what a tile of the Figures and Images tabs shows: the picture at once; a click makes a matplotlib figure
// interactive; plotly figures are interactive at once.

import { fill, h } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { enlarge } from "./enlarged.js";
import { MatplotlibFigure } from "./matplotlib_figure.js";
import { releasePicture, takePicture } from "./pictures.js";
import { PlotlyFigure } from "./plotly_figure.js";

const SMALL = 200; // pixels; up to half of it a picture is scaled up

/** The inside of a tile: a picture, or something live in its place. */
export class FigureBody {
  #controller = null;
  #held = null;
  #live = null;

  constructor(kind, tag, run) {
    this.kind = kind;
    this.tag = tag;
    this.run = run;
    this.element = h("div", { class: "figure-body" });
  }

  /** Whether the user works with what is shown, so that nothing newer may take its place unasked. */
  get isKept() {
    return this.#live instanceof MatplotlibFigure;
  }

  async show(entry) {
    this.#clear();
    if (!entry) return;
    if (entry.type === "plotly") {
      this.#live = new PlotlyFigure(this.element, { run: this.run.id, tag: this.tag.id, index: entry.index });
      return;
    }
    this.#controller = new AbortController();
    const { signal } = this.#controller;
    const image = entry.preview
      ? await this.#image(entry, signal)
      : h("p", { class: "no-preview" }, "Logged without a picture.");
    const make = entry.interactive ? this.#makeLive(entry) : null;
    if (!signal.aborted) fill(this.element, image, make);
  }

  end() {
    this.#clear();
  }

  async #image(entry, signal) {
    const held = await takePicture(
      { kind: this.kind, run: this.run.id, tag: this.tag.id, index: entry.index },
      entry.time,
      signal,
    );
    if (signal.aborted) releasePicture(held.key);
    else this.#held = held;
    const image = h("img", {
      class: "picture",
      src: held.url,
      alt: `${this.tag.name} of ${this.run.name} at step ${entry.step}`,
    });
    await image.decode().catch(() => {}); // a picture that is none shows its description
    fit(image);
    return h(
      "button",
      { class: "picture-button", type: "button", title: "Enlarge", onclick: () => enlarge(image) },
      image,
    );
  }

  #makeLive(entry) {
    const title =
      "Opens the logged figure on the server, to zoom, pan and rotate it. Do this only with logs that you trust.";
    return h(
      "button",
      { class: "button make-live", type: "button", title, onclick: () => this.#goLive(entry) },
      icon("play"),
      "Make interactive",
    );
  }

  #goLive(entry) {
    this.#clear();
    const back = () => this.show(entry).catch((error) => this.#say(error.message));
    this.#live = new MatplotlibFigure(this.element, { run: this.run.id, tag: this.tag.id, index: entry.index }, back);
  }

  #say(problem) {
    fill(this.element, h("p", { class: "card-note is-error" }, problem));
  }

  #clear() {
    this.#controller?.abort();
    this.#live?.end();
    this.#live = null;
    if (this.#held) releasePicture(this.#held.key);
    this.#held = null;
    fill(this.element);
  }
}

/** The size in a tile: its own, or for a few pixels a multiple of it, so that each can be seen. */
function fit(image) {
  const scale = Math.max(1, Math.floor(SMALL / Math.max(image.naturalWidth, image.naturalHeight, 1)));
  image.width = image.naturalWidth * scale;
  image.height = image.naturalHeight * scale;
  image.classList.toggle("is-small", scale > 1 && image.naturalWidth > 0);
}
