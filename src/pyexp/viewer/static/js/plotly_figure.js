// Owns a logged plotly figure, live at once. The figure is untrusted: its texts keep their line
// breaks but no other markup, and pictures from elsewhere are left out.

import { getJson } from "./api.js";
import { fill, h } from "./dom.js";
import { loadPlotly, loadScript } from "./plot.js";

const BASIC = new Set(["scatter", "bar", "pie", undefined]);
// Plotly sets these by style attributes or makes links of them; the content policy refuses the one and we the other.
const MARKUP = /<\/?(?:b|i|em|strong|sub|sup|s|u|span|a)(?:\s[^<>]*)?>/gi;
const OTHER_MARKUP = /<(?!\/?(?:br|extra)\s*\/?>)/gi;
const MOST_DEPTH = 60;

let fullBundle = null;

/** Shows the figure in `element`; `place` is `{run, tag, index}`. */
export class PlotlyFigure {
  #plotly = null;
  #controller = new AbortController();

  constructor(element, place) {
    this.plot = h("div", { class: "plotly-figure" });
    this.element = element;
    fill(element, this.plot);
    this.resizing = new ResizeObserver(() => this.#plotly?.Plots.resize(this.plot));
    this.#load(place);
  }

  end() {
    this.#controller.abort();
    this.resizing.disconnect();
    this.#plotly?.purge(this.plot);
    this.#plotly = null;
  }

  async #load(place) {
    const { signal } = this.#controller;
    try {
      const figure = harmless(await getJson("/api/plotly", place, signal));
      const plotly = await bundleFor(figure);
      if (signal.aborted) return;
      await plotly.newPlot(this.plot, figure.data, fitted(figure.layout), {
        responsive: false,
        displaylogo: false,
        displayModeBar: false,
      });
      this.#plotly = plotly;
      this.resizing.observe(this.plot);
    } catch (error) {
      if (error.name !== "AbortError") fill(this.element, h("p", { class: "card-note is-error" }, error.message));
    }
  }
}

/** The layout in a card: as wide as the card, with margins for its size unless the figure says its own. */
function fitted({ width: _, height: __, ...layout }) {
  return {
    margin: { l: 52, r: 20, t: layout.title?.text || layout.title ? 56 : 24, b: 44 },
    ...layout,
    autosize: true,
  };
}

/** Basic charts are drawn by the vendored bundle; others load the full one of the installed plotly. */
async function bundleFor(figure) {
  const basic = await loadPlotly();
  const isBasic = figure.data.every((trace) => BASIC.has(trace.type));
  if (isBasic) return basic;
  fullBundle ??= loadScript("/static/plotly-full.js").then(() => {
    const full = globalThis.Plotly;
    globalThis.Plotly = basic;
    return full;
  });
  try {
    return await fullBundle;
  } catch {
    fullBundle = null;
    throw new Error("This figure needs plotly's full bundle, which comes with the plotly package: pip install plotly.");
  }
}

/** A copy of the figure without links and without addresses of pictures that are not in the figure itself. */
export function harmless(figure) {
  const data = Array.isArray(figure?.data) ? figure.data : [];
  const layout = figure?.layout ?? {};
  return { data: clean(data, 0), layout: clean(layout, 0) };
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
