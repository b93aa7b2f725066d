// Owns what a tile of the Figures and Images tabs shows: the picture at once; a click on the icon in its corner makes a
// matplotlib figure interactive; plotly figures are interactive at once.

import { iconButton } from "../base/buttons.js";
import { fill, h } from "../base/dom.js";
import { isDropped, Latest } from "../base/latest.js";
import { catalog } from "../model/catalog.js";
import { enlarge } from "./enlarged.js";
import { MatplotlibFigure } from "./matplotlib_figure.js";
import { releasePicture, takePicture } from "./pictures.js";
import { PlotlyFigure } from "./plotly_figure.js";

const SMALL = 200; // pixels; up to half of it a picture is scaled up

/** The inside of a tile: a picture, or something live in its place. */
export class FigureBody {
  #latest = new Latest();
  #held = null;
  #live = null;
  #entry = null;

  /** `entries()` are all that the run has of the tag. */
  constructor(kind, tag, run, entries) {
    Object.assign(this, { kind, tag, run, entries });
    this.element = h("div", { class: "figure-body" });
  }

  /** Whether the user works with what is shown, so that nothing newer may take its place unasked. */
  get isKept() {
    return this.#live instanceof MatplotlibFigure;
  }

  async show(entry) {
    this.#entry = entry;
    if (this.isKept && entry?.interactive) {
      this.#live.show(entry.index);
      return;
    }
    const cameras = this.#live?.cameras;
    this.#clear();
    if (!entry) return;
    if (entry.type === "plotly") {
      this.#live = new PlotlyFigure(this.element, this.#place(entry), cameras);
      return;
    }
    const image = entry.preview
      ? await this.#latest.ask((signal) => this.#image(entry, signal))
      : h("p", { class: "no-preview" }, "Logged without a picture.");
    const make = entry.interactive ? this.#makeLive(entry) : null;
    fill(this.element, h("div", { class: "picture-frame" }, image, make));
  }

  end() {
    this.#clear();
  }

  async #image(entry, signal) {
    const held = await takePicture(this.#picturePlace(entry), entry.time, signal);
    if (signal.aborted) releasePicture(held.key);
    else this.#held = held;
    const image = h("img", {
      class: "picture",
      src: held.url,
      alt: `${this.tag.name} of ${this.run.name} at step ${entry.step}`,
    });
    await image.decode().catch(() => {}); // a picture that is none shows its description
    fit(image);
    const name = `${this.tag.name} of ${catalog.label(this.run)}`;
    const onclick = () => enlarge(name, entry, this.entries, (other) => this.#picturePlace(other));
    return h("button", { class: "picture-button", type: "button", title: "Enlarge", onclick }, image);
  }

  #picturePlace(entry) {
    return { kind: this.kind, ...this.#place(entry) };
  }

  #place({ index }) {
    return { run: this.run.id, tag: this.tag.id, index };
  }

  #makeLive(entry) {
    const title =
      "Make interactive: opens the logged figure on the server, to zoom, pan and rotate it. Do this only with logs that you trust.";
    const props = { class: "icon-button make-live", title };
    return iconButton("play", "Make interactive", () => this.#goLive(entry), props);
  }

  #goLive(entry) {
    this.#clear();
    this.#live = new MatplotlibFigure(this.element, this.#place(entry), () => this.#goBack());
  }

  /** From the live figure to the picture of the step that it shows. */
  async #goBack() {
    this.#clear();
    try {
      await this.show(this.#entry);
    } catch (error) {
      if (!isDropped(error)) this.#say(error.message);
    }
  }

  #say(problem) {
    fill(this.element, h("p", { class: "card-note is-error" }, problem));
  }

  #clear() {
    this.#latest.drop();
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
