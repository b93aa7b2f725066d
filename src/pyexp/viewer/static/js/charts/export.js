// Owns the files that a chart can be saved as: PNG and SVG as drawn, with titles and a legend, CSV of the full data.

import { saveBlob } from "../base/dom.js";
import { fileName, plotlyText } from "../base/format.js";
import { shortNames } from "../base/names.js";
import { loadPlotly } from "../base/plotly.js";
import { getBlob } from "../model/api.js";
import { FAINT } from "./marks.js";
import { FONT } from "./plot.js";

export const SIZE = { width: 900, height: 500 }; // without the legend
const MARGIN = { l: 86, r: 30, t: 56, b: 64 };
const INK = { size: 13, color: "#333333" };
const MARK_PX = 48; // a legend's mark and the room around a name
const LINE_PX = 20;
const MOST_LETTERS = 56;

/**
 * Save a drawing as a picture; `format` is "png" or "svg", `axes` are the titles of x and y, `note` says what the names
 * are.
 */
export async function savePicture({ traces, layout, format, title, axes, note }) {
  const plotly = await loadPlotly();
  const named = traces.filter(({ meta, opacity, showlegend }) => meta && opacity !== FAINT && showlegend !== false);
  const names = shortNames(
    named.map(({ meta }) => meta.name),
    MOST_LETTERS,
  );
  const data = traces.map((trace) => ({
    ...trace,
    showlegend: named.includes(trace),
    name: plotlyText(names[named.indexOf(trace)] ?? ""),
  }));
  const [legend, height] = legendBelow(names, note);
  const size = { width: SIZE.width, height: SIZE.height + height };
  const figure = {
    data,
    layout: {
      ...layout,
      ...size,
      legend,
      margin: { ...MARGIN, b: MARGIN.b + height },
      showlegend: true,
      paper_bgcolor: "#ffffff",
      plot_bgcolor: "#ffffff",
      font: { ...layout.font, ...INK },
      title: { text: plotlyText(shortNames([title], 90)[0]), x: 0.02, xanchor: "left" },
      xaxis: onPaper(layout.xaxis, axes[0]),
      yaxis: onPaper(layout.yaxis, axes[1]),
    },
  };
  const url = await plotly.toImage(figure, { format, ...size, scale: format === "png" ? 2 : 1 });
  saveBlob(blobOf(url, format), fileName(title, format));
}

/** Save every point of the tag, of all these runs. */
export async function saveCsv({ title, tag, runs }) {
  saveBlob(await getBlob("/api/csv", { tag, runs: runs.join() }), fileName(title, "csv"));
}

/** The legend in columns at the foot of the picture, and the height that it adds. */
function legendBelow(names, note) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = `${INK.size}px ${FONT}`;
  const widest = Math.ceil(Math.max(0, ...names.map((name) => pen.measureText(name).width)));
  const room = SIZE.width - MARGIN.l - MARGIN.r;
  const columns = Math.max(1, Math.floor(room / (widest + MARK_PX)));
  const entrywidth = names.length > columns ? Math.floor(room / columns) - MARK_PX : widest; // so many, and no more
  const height = Math.ceil(names.length / columns) * LINE_PX + (note ? LINE_PX : 0) + 16;
  const place = { orientation: "h", xref: "paper", x: 0, xanchor: "left", yref: "container", y: 0, yanchor: "bottom" };
  const title = note ? { text: plotlyText(note), side: "top", font: INK } : {};
  return [{ ...place, title, maxheight: height, entrywidth, traceorder: "normal" }, height];
}

function onPaper(axis, title) {
  return {
    ...axis,
    gridcolor: "#e8e8e8",
    linecolor: "#bbbbbb",
    tickfont: INK,
    title: { text: plotlyText(title), standoff: 10, font: INK },
  };
}

/** A data URL as a blob: the content policy keeps us from fetching it. */
function blobOf(url, format) {
  const comma = url.indexOf(",");
  const body = url.slice(comma + 1);
  if (format === "svg") return new Blob([decodeURIComponent(body)], { type: "image/svg+xml" });
  return new Blob([Uint8Array.from(atob(body), (char) => char.charCodeAt(0))], { type: "image/png" });
}
