// Owns one chart card: its drawing and zoom while it is on the screen.

import { fill, h, setText } from "../base/dom.js";
import { count } from "../base/format.js";
import { loadPlotly } from "../base/plotly.js";
import { theme } from "../base/theme.js";
import { configs } from "../model/configs.js";
import { groupOrder, isGrouped, shownRuns } from "../model/grouping.js";
import { highlight } from "../model/highlight.js";
import { live } from "../model/live.js";
import { view } from "../model/view.js";
import { changedRange, rangeForServer, rounded } from "./axis.js";
import { ChartData } from "./chart_data.js";
import { ChartHead } from "./chart_head.js";
import { cancelDraw, scheduleDraw } from "./draw_queue.js";
import { drawingOf, styleOf, titlesOf } from "./drawing.js";
import { SIZE, saveCsv, savePicture } from "./export.js";
import { makeReadable } from "./hover.js";
import { CONFIG, isUnseen, whyEmpty } from "./plot.js";
import { showGroups } from "./value_table.js";

const RESTYLING = ["colour", "smooth", "x", "logy", "clip", "outliers", "zoom", "wide"];
const CLICK_PX = 4;
const SWITCHES = ["logy", "clip", "outliers", "wide"];

/** A card of the Scalars tab; see `CardGroups` for its life. */
export class ChartCard {
  #plotly = null;
  #isShown = false;
  #isReady = false;
  #drawn = [];
  #totals = new Map(); // run id -> points when it was drawn
  #runs = []; // of the traces
  #problem = "";
  #stops = [];

  constructor(tag, element) {
    this.tag = tag;
    this.element = element;
    this.data = new ChartData(tag);
    this.#build();
    this.resizing = new ResizeObserver(() => this.redraw(this.#isReady)); // what is cut off is seen at once
    this.#stops = [
      this.data.on("change", () => this.#arrived()),
      this.data.on("error", (error) => this.#say(error.message, true)),
    ];
  }

  show() {
    this.#isShown = true;
    this.body.classList.add("is-loading");
    this.#follow(true);
    this.resizing.observe(this.plot);
    this.data.show();
  }

  hide() {
    this.#isShown = false;
    this.#follow(false);
    this.resizing.disconnect();
    cancelDraw(this);
    this.data.hide();
    if (this.#isReady) this.#plotly.purge(this.plot);
    this.#isReady = false;
    this.body.classList.remove("is-loading");
  }

  end() {
    this.data.end();
    for (const stop of this.#stops) stop();
  }

  redraw(isUrgent = false, isSmall = false) {
    const draw = () => this.#draw().catch((error) => this.#say(error.message, true));
    if (this.#isShown) scheduleDraw(this, draw, { isUrgent, isSmall });
  }

  #follow(isOn) {
    if (!isOn) {
      for (const stop of this.following ?? []) stop();
      return;
    }
    this.following = [
      view.on("change", (changed) => this.#viewChanged(changed)),
      theme.on("change", () => this.redraw(true)),
      ...[groupOrder, configs].map((source) => source.on("change", () => this.redraw())),
      highlight.on("change", () => this.#pointedAt()),
      live.on("hello", () => this.#problem && this.data.load()),
    ];
    this.#showSwitches();
  }

  #viewChanged(changed) {
    if (changed.some((key) => SWITCHES.includes(key))) this.#showSwitches();
    if (changed.some((key) => RESTYLING.includes(key))) this.redraw(true);
  }

  #showSwitches() {
    const isWide = view.get("wide").includes(this.tag.id);
    const isNew = this.element.classList.contains("is-wide") !== isWide;
    this.element.classList.toggle("is-wide", isWide);
    if (isNew) this.element.scrollIntoView({ block: "nearest" }); // in a wide row it may stand elsewhere
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
    this.body = h("div", { class: "plot-body" }, this.plot);
    this.groups = h("ul", { class: "group-table", "aria-label": `Newest values of ${this.tag.name}`, hidden: true });
    fill(this.element, this.head.element, this.body, this.groups, this.note);
    this.unread = makeReadable(this.plot, () => this.#drawn);
    this.plot.addEventListener("pointerdown", pinAtRelease);
    this.plot.addEventListener("mousedown", (event) => this.#pressed(event));
    this.plot.addEventListener("keydown", (event) => event.key === "Escape" && this.#zoom(null));
  }

  #say(text, isError = false) {
    this.#problem = isError ? text : "";
    setText(this.note, text);
    this.note.classList.toggle("is-error", isError);
  }

  #arrived() {
    if (this.#problem) this.#say("");
    const isSmall = this.#isReady && isUnseen(this.data.series.lines, this.#totals, this.plot._fullLayout);
    this.redraw(!this.#isReady, isSmall);
  }

  #pointedAt() {
    if (this.data.isEnvelope) this.redraw();
    else fadeOthers(this.plot, this.#runs);
  }

  #drawing(size) {
    return drawingOf({ data: this.data, size, drag: this.head.dragsToZoom() ? "zoom" : false });
  }

  async #draw() {
    this.#plotly ??= await loadPlotly();
    if (!this.#isShown || !this.data.isLoaded || this.plot._dragging || this.plot.clientWidth === 0) return;
    const size = { width: this.plot.clientWidth, height: this.plot.clientHeight };
    const { drawn, traces, layout, isLog, isCut, unseen } = this.#drawing(size);
    this.plot.classList.toggle("is-zooming", layout.dragmode === "zoom");
    this.#drawn = drawn;
    this.#totals = new Map([...this.data.series.lines].map(([run, { total }]) => [run, total]));
    this.#runs = traces.map(({ meta }) => meta?.run);
    if (!this.#problem)
      this.#say(unseen > 0 ? `A log axis cannot show ${count(unseen, "value")} of zero or less.` : "");
    showGroups(this.groups, isGrouped() ? drawn : []);
    this.head.showCut(isCut);
    this.head.showZoomed(Boolean(view.get("zoom")[this.tag.id]));
    this.body.dataset.empty = whyEmpty(traces, isLog);
    const isFirst = !this.#isReady;
    this.#isReady = true;
    await this.#plotly.react(this.plot, traces, layout, CONFIG);
    if (!this.#isReady) return; // it was hidden meanwhile
    if (isFirst) this.#listen();
    if (!this.data.isEnvelope) fadeOthers(this.plot, this.#runs);
    this.body.classList.remove("is-loading");
    this.element.dataset.drawn = String(Number(this.element.dataset.drawn ?? 0) + 1);
  }

  #listen() {
    this.plot.on("plotly_relayout", (change) => this.#relaid(change));
  }

  /** A double click by the browser's own count: plotly times its handlers, and a busy page is too slow for it. */
  #pressed(event) {
    if (event.detail === 2 && this.head.dragsToZoom()) onClick(event, () => this.#zoom(null));
  }

  #relaid(change) {
    const [x, y] = [changedRange(change, "xaxis"), changedRange(change, "yaxis")];
    if (!x && !y) return;
    const { mode, unit, isLog } = styleOf(this.tag.id, this.data.series.lines);
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
      if (format === "csv") await saveCsv({ title, tag: this.tag.id, runs: shownRuns().map((run) => run.id) });
      else await savePicture({ title, format, ...titlesOf(this.tag, this.data.series.lines), ...this.#drawing(SIZE) });
    } catch (error) {
      this.#say(`Not saved: ${error.message}`, true);
    }
  }
}

/** Pin the line that is pressed. */
function pinAtRelease(press) {
  const { run } = highlight;
  if (press.pointerType !== "touch" && run !== null) onClick(press, () => highlight.pin(run));
}

/** Call `act` if the mouse is released where `press` was: plotly keeps clicks to itself. */
function onClick({ clientX, clientY }, act) {
  const release = (end) => Math.hypot(end.clientX - clientX, end.clientY - clientY) < CLICK_PX && act();
  addEventListener("pointerup", release, { once: true });
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
