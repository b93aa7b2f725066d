// Owns a logged plotly figure, interactive at once. The figure is untrusted: its texts keep line breaks,
// weights and indices but no other markup, and pictures from elsewhere are left out.

import { fill, h } from "../base/dom.js";
import { isDropped, Latest } from "../base/latest.js";
import { getJson } from "../model/api.js";
import { live } from "../model/live.js";
import { bundleFor, leaveLosses, light, needsContext } from "./plotly_bundle.js";
import { canvasesOf, hold, inTurn, isFull, release, releaseContext } from "./webgl_contexts.js";

// Plotly makes links of the one and takes any style from the others' attributes.
const MARKUP = /<\/?(?:span|a)(?:\s[^<>]*)?>|<(?:b|i|em|strong|sub|sup|s|u)\s[^<>]*>/gi;
const OTHER_MARKUP = /<(?!\/?(?:b|i|em|strong|sub|sup|s|u|br|extra)\s*\/?>)/gi;
const MAPS = /^(?:scattergeo|(?:scatter|density)map(?:box)?|choropleth(?:map)?(?:box)?)$/;
const NO_MAP = "This map needs shapes from the internet, which the viewer never loads. Log it as an image to see it.";
const MOST_DEPTH = 60;
const MOST_LOSSES = 3; // of a figure's contexts, until it is drawn only when asked for
const NEAR = "200px 0px";
const CONFIG = {
  responsive: false,
  displaylogo: false,
  showSendToCloud: false,
  plotlyServerURL: "", // nothing is sent anywhere
  modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d", "zoomIn2d", "zoomOut2d", "resetCameraLastSave3d"],
};

/**
 * Shows the figure in `element` while it is in view or there is room for it; `place` is `{run, tag, index}`, `cameras` are
 * those of the figure before it.
 */
export class PlotlyFigure {
  isInView = false;
  #place;
  #cameras; // by scene, where the user turned it
  #figure = null; // plotly keeps what the user turned and zoomed in it
  #plotly = null; // the bundle that has drawn it
  #first = {}; // the cameras at its start
  #isOver = false;
  #isRequested = false;
  #losses = 0;
  #latest = new Latest();

  constructor(element, place, cameras = {}) {
    this.#place = place;
    this.#cameras = cameras;
    this.element = element;
    this.plot = h("div", { class: "plotly-plot" });
    this.over = h("div", { class: "plotly-over" });
    fill(element, h("div", { class: "plotly-figure" }, this.plot, this.over));
    this.resizing = new ResizeObserver(() => this.#plotly?.Plots.resize(this.plot));
    this.resizing.observe(this.plot);
    this.seeing = new IntersectionObserver((entries) => this.#see(entries.at(-1).isIntersecting), {
      root: element.closest(".content"),
      rootMargin: NEAR,
    });
    this.seeing.observe(this.plot);
    this.plot.addEventListener("webglcontextlost", (event) => this.#lose(event), true);
    this.stop = live.on("hello", () => this.#isFailed() && this.#ask());
  }

  end() {
    this.#isOver = true;
    this.#latest.drop();
    this.seeing.disconnect();
    this.resizing.disconnect();
    this.stop();
    this.#purge();
  }

  /** Release what was drawn; it is drawn again when it comes into view, or at a click. */
  rest() {
    this.#purge();
    if (this.isInView) this.#offer("The browser can draw only a few such figures at once.");
  }

  #see(isInView) {
    this.isInView = isInView;
    if (isInView && !this.#plotly) this.#ask();
  }

  #ask(isRequested = false) {
    this.#isRequested = isRequested;
    fill(this.over);
    inTurn(this, () => this.#draw());
  }

  async #draw() {
    if (this.#isOver || this.#plotly || !this.isInView) return;
    try {
      this.#figure ??= await this.#load();
      if (!this.#isRequested && this.#figure.data.some(needsContext) && isFull()) {
        this.rest();
        return;
      }
      const plotly = await bundleFor(this.#figure);
      if (this.#isOver) return;
      await plotly.newPlot(this.plot, { ...this.#figure, config: CONFIG });
      leaveLosses(this.plot);
      this.#plotly = plotly;
      this.#count();
    } catch (error) {
      if (!isDropped(error)) fill(this.over, h("p", { class: "card-note is-error" }, error.message));
    }
  }

  async #load() {
    const figure = await this.#latest.ask((signal) => getJson("/api/plotly", this.#place, signal));
    const { data, layout, frames } = harmless(figure);
    if (data.some(({ type }) => MAPS.test(type))) throw new Error(NO_MAP);
    for (const [scene, camera] of Object.entries(this.#cameras)) layout[scene] = { ...layout[scene], camera };
    this.#first = camerasOf(layout);
    return { data: data.map(light), layout: fitted(layout), frames };
  }

  /** Of each scene that the user turned, its camera: the next figure may be seen from there. */
  get cameras() {
    const now = Object.entries(camerasOf(this.#figure?.layout));
    const turned = now.filter(([scene, camera]) => JSON.stringify(camera) !== JSON.stringify(this.#first[scene]));
    return { ...this.#cameras, ...Object.fromEntries(turned) };
  }

  #count() {
    const count = canvasesOf(this.plot).length;
    if (this.#isOver) this.#purge();
    else if (!hold(this, count, this.#isRequested)) this.rest();
  }

  /** The browser has taken a context away. */
  #lose(event) {
    event.stopPropagation();
    inTurn(this, () => this.#lost());
  }

  async #lost() {
    if (!this.#plotly) return; // more than one of its contexts may go at once
    this.#losses += 1;
    this.#purge();
    if (!this.isInView) return;
    if (this.#losses < MOST_LOSSES) this.#ask();
    else this.#offer("The browser dropped this figure's graphics context.");
  }

  #offer(reason) {
    const draw = () => this.#ask(true);
    fill(
      this.over,
      h("p", {}, reason),
      h("button", { class: "button", type: "button", onclick: draw }, "Draw this one"),
    );
  }

  #isFailed() {
    return this.over.querySelector(".is-error") !== null;
  }

  #purge() {
    release(this);
    const canvases = canvasesOf(this.plot);
    this.#plotly?.purge(this.plot);
    this.#plotly = null;
    canvases.forEach(releaseContext);
  }
}

function camerasOf(layout = {}) {
  const scenes = Object.entries(layout).filter(([name, scene]) => /^scene\d*$/.test(name) && scene?.camera);
  return Object.fromEntries(scenes.map(([name, { camera }]) => [name, structuredClone(camera)]));
}

/** The layout in a card: as wide as the card, with margins for its size unless the figure says its own. */
function fitted({ width: _, height: __, ...layout }) {
  return {
    margin: { l: 52, r: 20, t: layout.title?.text || layout.title ? 56 : 24, b: 44 },
    ...layout,
    autosize: true,
  };
}

/** A copy of the figure without links and without addresses of pictures that are not in the figure itself. */
function harmless(figure) {
  const data = Array.isArray(figure?.data) ? figure.data : [];
  const layout = figure?.layout ?? {};
  const frames = Array.isArray(figure?.frames) ? figure.frames : [];
  return { data: clean(data, 0), layout: clean(layout, 0), frames: clean(frames, 0) };
}

function clean(value, depth) {
  if (typeof value === "string")
    return value.includes("<") ? value.replace(MARKUP, "").replace(OTHER_MARKUP, "&lt;") : value;
  if (value === null || typeof value !== "object") return value;
  if (depth > MOST_DEPTH) return null;
  if (Array.isArray(value)) return value.map((item) => clean(item, depth + 1));
  const copy = {};
  for (const [key, item] of Object.entries(value)) {
    const isElsewhere =
      ["source", "src", "href"].includes(key) && typeof item === "string" && !item.startsWith("data:image/");
    if (!isElsewhere) copy[key] = clean(item, depth + 1);
  }
  return copy;
}
