// Owns the Histograms tab: for each run the distributions over the iterations as a ridge, newest in front.

import { h } from "../base/dom.js";
import { number } from "../base/format.js";
import { Latest } from "../base/latest.js";
import { theme } from "../base/theme.js";
import { getJson } from "../model/api.js";
import { colourOf } from "../model/colours.js";
import { mountEntries } from "./entry_tab.js";

const RIDGES = 40;
const HEIGHT = 220;
const RISE = 64; // how far one distribution may reach above its own line
const BOTTOM = 24;

export function mountHistograms(root) {
  return mountEntries(root, {
    kind: "histograms",
    label: "Histograms",
    makeBody: (tag, run) => new RidgeBody(tag, run),
    empty: [
      "No histograms yet",
      "The selected runs have logged no histograms.",
      'logger.add_histogram("weights", values)',
    ],
    hasSlider: false,
  });
}

/** The bodies of each tag, which share their range: distributions of one card can be compared. */
const shown = new Map();

class RidgeBody {
  #latest = new Latest();
  #entries = [];

  constructor(tag, run) {
    this.tag = tag;
    this.run = run;
    shown.set(tag.id, (shown.get(tag.id) ?? new Set()).add(this));
    this.canvas = h("canvas", {
      class: "ridges",
      role: "img",
      "aria-label": `Histograms of ${tag.name} of ${run.name}`,
    });
    this.element = h("div", { class: "ridge-body" }, this.canvas);
    this.resizing = new ResizeObserver(() => this.#draw());
    this.resizing.observe(this.element);
    this.stop = theme.on("change", () => this.#draw());
  }

  async show() {
    const asked = { tag: this.tag.id, run: this.run.id, limit: RIDGES };
    const answer = await this.#latest.ask((signal) => getJson("/api/histograms", asked, signal));
    this.#entries = answer.entries.filter((entry) => entry.counts.length > 0);
    for (const body of shown.get(this.tag.id) ?? []) body.#draw();
  }

  end() {
    this.#latest.drop();
    this.resizing.disconnect();
    this.stop();
    shown.get(this.tag.id)?.delete(this);
  }

  /** The range of all histograms of the tag that are shown, `[low, high]`. */
  #range() {
    const entries = [...(shown.get(this.tag.id) ?? [])].flatMap((body) => body.#entries);
    const low = entries.reduce((least, { edges }) => Math.min(least, edges[0]), Infinity);
    const high = entries.reduce((most, { edges }) => Math.max(most, edges.at(-1)), -Infinity);
    Object.assign(this.canvas.dataset, { low, high });
    return [low, high];
  }

  #draw() {
    const width = this.element.clientWidth;
    if (width === 0) return;
    const ratio = globalThis.devicePixelRatio || 1;
    this.canvas.width = width * ratio;
    this.canvas.height = HEIGHT * ratio;
    const context = this.canvas.getContext("2d");
    context.scale(ratio, ratio);
    if (this.#entries.length > 0) this.#ridges(context, width);
  }

  #ridges(context, width) {
    const entries = this.#entries;
    const [low, high] = this.#range();
    const place = (value) => 8 + ((value - low) / (high - low || 1)) * (width - 64);
    const top = Math.max(...entries.map(densest));
    const gap = entries.length > 1 ? (HEIGHT - RISE - BOTTOM - 6) / (entries.length - 1) : 0;
    for (const [i, entry] of entries.entries())
      this.#ridge(context, { entry, base: RISE + 4 + gap * i, place, top, age: entries.length - 1 - i });
    context.fillStyle = theme.colour("muted");
    context.font = "11px Inter, sans-serif";
    for (const [value, align] of [
      [low, "left"],
      [(low + high) / 2, "center"],
      [high, "right"],
    ]) {
      context.textAlign = align;
      context.fillText(number(Number(value.toPrecision(3))), place(value), HEIGHT - 6);
    }
    context.textAlign = "right";
    context.fillText(number(entries[0].step), width - 4, RISE + 8);
    if (entries.length > 1) context.fillText(number(entries.at(-1).step), width - 4, HEIGHT - BOTTOM + 2);
  }

  #ridge(context, { entry, base, place, top, age }) {
    const colour = colourOf(this.run);
    context.beginPath();
    context.moveTo(place(entry.edges[0]), base);
    entry.counts.forEach((count, i) => {
      const density = count / (entry.edges[i + 1] - entry.edges[i] || 1);
      const y = base - (density / top) * RISE;
      context.lineTo(place(entry.edges[i]), y);
      context.lineTo(place(entry.edges[i + 1]), y);
    });
    context.lineTo(place(entry.edges.at(-1)), base);
    context.fillStyle = theme.colour("surface");
    context.globalAlpha = 0.85;
    context.fill();
    context.fillStyle = colour;
    context.globalAlpha = Math.max(0.1, 0.45 - age * 0.012);
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.stroke();
  }
}

function densest(entry) {
  return Math.max(1e-300, ...entry.counts.map((count, i) => count / (entry.edges[i + 1] - entry.edges[i] || 1)));
}
