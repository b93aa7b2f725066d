// Owns what a chart is drawn from: lines of runs, their detail, smoothed lines, statistics over groups or over all runs;
// which of them the view needs, and that these are loaded and followed while the chart is on the screen.

import { Emitter } from "../base/emitter.js";
import { isDropped } from "../base/latest.js";
import { debounced, throttled } from "../base/timing.js";
import { signOf } from "../model/catalog.js";
import { groupedRuns, groupParams, isGrouped } from "../model/grouping.js";
import { highlight } from "../model/highlight.js";
import { selection } from "../model/selection.js";
import { MOST_LINES, Series } from "../model/series.js";
import { tags } from "../model/tags.js";
import { view } from "../model/view.js";
import { Detail } from "./detail.js";
import { rangeOf } from "./drawing.js";
import { Bands } from "./group_bands.js";
import { Smoothed } from "./smoothed.js";

const RELOADING = ["group", "groupbut", "ended", "centre", "band", "members"];
const GROUP_RELOADING = ["smooth", "zoom"];

/** The data of the chart of `tag`. Emits `change`, and `error` with the error. */
export class ChartData extends Emitter {
  #isShown = false;
  #sign = "";
  #stops = [];
  #following = [];

  constructor(tag) {
    super();
    this.tag = tag.id;
    this.series = new Series(tag);
    this.detail = new Detail(this.series);
    this.smoothed = new Smoothed(tag.id);
    this.bands = new Bands(tag.id, "/api/groups");
    this.envelope = new Bands(tag.id, "/api/envelope");
    this.pointed = new Series(tag); // the run that is pointed at, where it has no line
    this.refine = throttled(() => this.#fetchDetail(), 1000);
    this.#stops = [
      this.series.on("change", () => this.#arrived()),
      ...[this.smoothed, this.bands, this.envelope, this.pointed].map((part) =>
        part.on("change", () => this.emit("change")),
      ),
      ...[this.series, this.smoothed, this.bands, this.envelope].map((part) =>
        part.on("error", (error) => this.emit("error", error)),
      ),
    ];
  }

  /** Whether there is enough to draw what the view has. */
  get isLoaded() {
    if (isGrouped()) return this.bands.isLoaded;
    const isSmooth = view.get("smooth") > 0 && this.series.lines.size > 0;
    return this.series.isLoaded && (!isSmooth || this.smoothed.lines !== null);
  }

  /** Whether there are too many runs for a line each. */
  get isEnvelope() {
    return !isGrouped() && this.series.having > MOST_LINES;
  }

  show() {
    this.#isShown = true;
    this.#following = [
      view.on("change", (changed) => this.#viewChanged(changed)),
      selection.on("change", () => this.load()),
      selection.on("update", () => isGrouped() && this.#sign !== signOf(groupedRuns()) && this.load()),
      tags.on("change", () => selection.chosen.length > MOST_LINES && this.load()),
      highlight.on(
        "change",
        debounced(() => this.#point(), 80),
      ),
    ];
    this.load();
  }

  hide() {
    this.#isShown = false;
    for (const stop of this.#following) stop();
    this.#following = [];
    for (const part of [this.bands, this.envelope, this.smoothed]) part.stop();
    this.series.unwatch();
  }

  end() {
    this.series.end();
    this.pointed.end();
    for (const stop of this.#stops) stop();
  }

  /** Load what the view needs. */
  load() {
    if (!this.#isShown) return;
    if (isGrouped()) this.#loadGroups();
    else {
      this.bands.stop();
      this.#loadLines(selection.chosen);
    }
  }

  #loadGroups() {
    const runs = groupedRuns();
    this.#sign = signOf(runs);
    this.envelope.stop();
    this.smoothed.stop();
    if (view.get("members")) this.#loadLines(runs);
    else this.series.unwatch();
    const [centre, band] = [view.get("centre"), view.get("band")];
    this.bands.load({ ...this.#statistics(runs), ...groupParams(), centre, band });
  }

  #loadLines(runs) {
    this.series.watch();
    this.series.setRuns(runs.map((run) => run.id));
  }

  #statistics(runs) {
    const isLive = runs.some((run) => run.status === "running");
    return { runs: runs.map((run) => run.id), isLive, weight: view.get("smooth"), range: rangeOf(this.tag) };
  }

  #viewChanged(changed) {
    const isOne = (keys) => changed.some((key) => keys.includes(key));
    if (isOne(RELOADING) || (isGrouped() && isOne(GROUP_RELOADING))) this.load();
    if (isGrouped()) return;
    if (isOne(["zoom", "x"])) this.#fetchDetail();
    if (isOne(["smooth", "x", "zoom"])) this.#smooth();
    if (this.isEnvelope && isOne(GROUP_RELOADING)) this.#loadEnvelope();
  }

  #arrived() {
    if (isGrouped()) {
      this.emit("change");
      return;
    }
    if (rangeOf(this.tag)) this.refine();
    this.#smooth(true);
    this.#loadEnvelope();
    this.emit("change");
  }

  #smooth(isNew = false) {
    if (!this.#isShown) return;
    const { runs } = this.series;
    this.smoothed.want({ runs, axis: view.get("x"), weight: view.get("smooth"), range: rangeOf(this.tag) }, isNew);
  }

  #loadEnvelope() {
    if (!this.#isShown || !this.isEnvelope) {
      this.envelope.stop();
      return;
    }
    const wish = this.#statistics(selection.chosen);
    const sign = JSON.stringify(wish);
    if (sign === this.envelope.sign) return;
    this.envelope.sign = sign;
    this.envelope.load(wish);
  }

  #point() {
    const isMissing = this.isEnvelope && highlight.run !== null && !this.series.lines.has(highlight.run);
    this.pointed.setRuns(isMissing ? [highlight.run] : []);
  }

  async #fetchDetail() {
    const range = isGrouped() || !this.#isShown ? null : rangeOf(this.tag);
    try {
      await this.detail.load(view.get("x"), range);
      this.emit("change");
    } catch (error) {
      if (!isDropped(error)) this.emit("error", error);
    }
  }
}
