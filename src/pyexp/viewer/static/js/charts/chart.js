// Owns one chart card: its data while it is on the screen, its drawing and zoom.

import { fill, h, setText } from "../base/dom.js";
import { loadPlotly } from "../base/plotly.js";
import { theme } from "../base/theme.js";
import { throttled } from "../base/timing.js";
import { highlight } from "../model/highlight.js";
import { live } from "../model/live.js";
import { selection } from "../model/selection.js";
import { Series } from "../model/series.js";
import { view } from "../model/view.js";
import { changedRange, rangeForServer, rounded } from "./axis.js";
import { ChartHead } from "./chart_head.js";
import { Detail } from "./detail.js";
import { cancelDraw, scheduleDraw } from "./draw_queue.js";
import { drawingOf, rangeOf, styleOf, titlesOf } from "./drawing.js";
import { SIZE, saveCsv, savePicture } from "./export.js";
import { Bands, groupOrder } from "./group_bands.js";
import { makeReadable } from "./hover.js";
import { CONFIG, whyEmpty } from "./plot.js";

const MOST_LINES = 120;
const RESTYLING = ["smooth", "x", "logy", "clip", "band", "zoom", "wide"];
const SWITCHES = ["logy", "clip", "wide"];

/** A card of the Scalars tab; see `CardGroups` for its life. */
export class ChartCard {
  #plotly = null;
  #isShown = false;
  #isReady = false;
  #drawn = [];
  #runs = []; // of the traces
  #statuses = "";
  #stops = [];

  constructor(tag, element) {
    this.tag = tag;
    this.element = element;
    this.series = new Series(tag.id);
    this.detail = new Detail(this.series);
    this.bands = new Bands(tag.id);
    this.refine = throttled(() => this.#fetchDetail(), 1000);
    this.#build();
    this.resizing = new ResizeObserver(() => this.redraw());
    for (const source of [this.series, this.bands]) {
      this.#stops.push(
        source.on("change", () => this.#arrived()),
        source.on("error", (error) => this.#say(error.message, true)),
      );
    }
  }

  show() {
    this.#isShown = true;
    this.#follow(true);
    this.resizing.observe(this.plot);
    this.runsChanged();
  }

  hide() {
    this.#isShown = false;
    this.#follow(false);
    this.resizing.disconnect();
    cancelDraw(this);
    this.bands.stop();
    this.series.unwatch();
    if (this.#isReady) this.#plotly.purge(this.plot);
    this.#isReady = false;
    this.body.classList.add("is-loading");
  }

  end() {
    this.series.end();
    for (const stop of this.#stops) stop();
  }

  /** Load what is shown: the runs, or how they are grouped, have changed. */
  runsChanged() {
    const runs = selection.chosen.map((run) => run.id);
    this.#statuses = statusesOfChosen();
    if (view.get("group")) {
      this.series.unwatch();
      this.#say("");
      const isLive = selection.chosen.some((run) => run.status === "running");
      this.bands.load({ runs, key: view.get("group"), isLive, range: rangeOf(this.tag.id) });
    } else {
      this.bands.stop();
      this.series.watch();
      this.series.setRuns(runs.slice(0, MOST_LINES));
      this.#say(
        runs.length > MOST_LINES
          ? `The first ${MOST_LINES} of ${runs.length} runs are drawn. Group by a config key to see all.`
          : "",
      );
    }
  }

  /** The groups follow runs that start and end: of these no point arrives by itself. */
  #statusesChanged() {
    if (view.get("group") && this.#statuses !== statusesOfChosen()) this.runsChanged();
  }

  redraw(isUrgent = false) {
    if (this.#isShown)
      scheduleDraw(this, () => this.#draw().catch((error) => this.#say(error.message, true)), isUrgent);
  }

  #follow(isOn) {
    if (!isOn) {
      for (const stop of this.following ?? []) stop();
      return;
    }
    this.following = [
      view.on("change", (changed) => this.#viewChanged(changed)),
      selection.on("change", () => this.runsChanged()),
      selection.on("update", () => this.#statusesChanged()),
      theme.on("change", () => this.redraw(true)),
      groupOrder.on("change", () => this.redraw()),
      highlight.on("change", () => fadeOthers(this.plot, this.#runs)),
      live.on("hello", () => this.note.classList.contains("is-error") && this.runsChanged()),
    ];
    this.#showSwitches();
  }

  #viewChanged(changed) {
    if (changed.includes("group") || (changed.includes("zoom") && view.get("group"))) this.runsChanged();
    if (changed.includes("zoom")) this.#fetchDetail();
    if (changed.some((key) => SWITCHES.includes(key))) this.#showSwitches();
    if (changed.some((key) => RESTYLING.includes(key))) this.redraw(true);
  }

  #showSwitches() {
    this.element.classList.toggle("is-wide", view.get("wide").includes(this.tag.id));
    this.head.show();
  }

  #build() {
    this.head = new ChartHead(this.tag, {
      reset: () => this.#zoom(null),
      save: (format) => this.#save(format),
      redraw: () => this.redraw(true),
    });
    this.plot = h("div", {
      class: "plot",
      tabindex: "0",
      role: "img",
      "aria-label": `Chart of ${this.tag.name}. Arrow keys read the values.`,
    });
    this.note = h("p", { class: "card-note", role: "status" });
    this.body = h("div", { class: "plot-body is-loading" }, this.plot);
    fill(this.element, this.head.element, this.body, this.note);
    this.unread = makeReadable(this.plot, () => this.#drawn);
    this.plot.addEventListener("keydown", (event) => event.key === "Escape" && this.#zoom(null));
  }

  #say(text, isError = false) {
    setText(this.note, text);
    this.note.classList.toggle("is-error", isError);
  }

  #arrived() {
    if (this.note.classList.contains("is-error")) this.#say("");
    if (rangeOf(this.tag.id)) this.refine();
    this.redraw(!this.#isReady);
  }

  async #fetchDetail() {
    const range = view.get("group") || !this.#isShown ? null : rangeOf(this.tag.id);
    try {
      await this.detail.load(view.get("x"), range);
      this.redraw(range !== null);
    } catch (error) {
      if (error.name !== "AbortError") this.#say(error.message, true);
    }
  }

  #drawing(size) {
    const { series, bands, detail } = this;
    const drag = this.head.dragsToZoom() ? "zoom" : false;
    return drawingOf({ tag: this.tag.id, series, bands, detail, size, drag });
  }

  async #draw() {
    this.#plotly ??= await loadPlotly();
    const source = view.get("group") ? this.bands : this.series;
    if (!this.#isShown || !source.isLoaded || this.plot._dragging || this.plot.clientWidth === 0) return;
    const size = { width: this.plot.clientWidth, height: this.plot.clientHeight };
    const { drawn, traces, layout, isLog } = this.#drawing(size);
    this.plot.classList.toggle("is-zooming", layout.dragmode === "zoom");
    this.#drawn = drawn;
    this.#runs = traces.map((_, i) => drawn[i % drawn.length].run);
    this.head.showZoomed(Boolean(view.get("zoom")[this.tag.id]));
    this.body.dataset.empty = whyEmpty(traces, isLog);
    const isFirst = !this.#isReady;
    this.#isReady = true;
    await this.#plotly.react(this.plot, traces, layout, CONFIG);
    if (isFirst && this.#isReady) this.#listen();
    fadeOthers(this.plot, this.#runs);
    this.body.classList.remove("is-loading");
    this.element.dataset.drawn = String(Number(this.element.dataset.drawn ?? 0) + 1);
  }

  #listen() {
    this.plot.on("plotly_relayout", (change) => this.#relaid(change));
    // Of a tap plotly hears two clicks, by the finger and by the mouse that the browser makes of it.
    this.plot.on("plotly_doubleclick", () => this.head.dragsToZoom() && this.#zoom(null));
  }

  #relaid(change) {
    const [x, y] = [changedRange(change, "xaxis"), changedRange(change, "yaxis")];
    if (!x && !y) return;
    const { mode, unit, isLog } = styleOf(this.tag.id, this.series.lines);
    const before = view.get("zoom")[this.tag.id] ?? [null, null, null, null];
    const range = x ? rangeForServer(x, mode, unit) : before.slice(0, 2);
    this.#zoom([...rounded(range), ...rounded(y ? y.map((end) => (isLog ? 10 ** end : end)) : before.slice(2))]);
  }

  #zoom(range) {
    const { [this.tag.id]: _, ...zoom } = view.get("zoom");
    view.set({ zoom: range ? { ...zoom, [this.tag.id]: range } : zoom });
    this.head.zoomed();
    this.unread();
  }

  async #save(format) {
    const title = this.tag.name;
    try {
      if (format === "csv") await saveCsv({ title, tag: this.tag.id, runs: selection.chosen.map((run) => run.id) });
      else await savePicture({ title, format, ...titlesOf(this.tag, this.series.lines), ...this.#drawing(SIZE) });
    } catch (error) {
      this.#say(`Not saved: ${error.message}`, true);
    }
  }
}

function statusesOfChosen() {
  return selection.chosen.map((run) => run.status).join();
}

/**
 * Fade the traces in `plot` that are not of the run that is pointed at; `runs` are the traces' runs, in their order.
 */
function fadeOthers(plot, runs) {
  const isHere = highlight.run !== null && runs.includes(highlight.run);
  plot.querySelectorAll(".scatterlayer > .trace").forEach((trace, i) => {
    trace.classList.toggle("is-faded", isHere && runs[i] !== highlight.run);
  });
}
