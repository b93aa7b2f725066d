// Owns the files that a chart can be saved as: PNG and SVG as drawn, CSV of the full data.

import { getBlob } from "./api.js";
import { saveBlob } from "./dom.js";
import { fileName, plotlyText } from "./format.js";
import { loadPlotly } from "./plot.js";

const SIZE = { width: 900, height: 500 };

/** Save the chart as a picture with title and legend; `format` is "png" or "svg". */
export async function savePicture({ title, traces, layout, format }) {
  const plotly = await loadPlotly();
  const legend = traces.filter((trace) => trace.opacity !== 0.22 && trace.showlegend !== false);
  const data = traces.map((trace) => ({ ...trace, showlegend: legend.includes(trace) && legend.length < 30 }));
  const figure = {
    data,
    layout: {
      ...layout,
      ...SIZE,
      margin: { l: 70, r: 30, t: 60, b: 50 },
      showlegend: true,
      paper_bgcolor: "#ffffff",
      plot_bgcolor: "#ffffff",
      font: { ...layout.font, size: 13, color: "#333" },
      title: { text: plotlyText(title), x: 0.02, xanchor: "left" },
      xaxis: { ...layout.xaxis, gridcolor: "#e8e8e8", tickfont: { color: "#333" }, automargin: true },
      yaxis: { ...layout.yaxis, gridcolor: "#e8e8e8", tickfont: { color: "#333" }, automargin: true },
    },
  };
  const url = await plotly.toImage(figure, { format, ...SIZE, scale: format === "png" ? 2 : 1 });
  saveBlob(blobOf(url, format), fileName(title, format));
}

/** Save every point of the tag, of all these runs. */
export async function saveCsv({ title, tag, runs }) {
  saveBlob(await getBlob("/api/csv", { tag, runs: runs.join() }), fileName(title, "csv"));
}

/** A data URL as a blob: the content policy keeps us from fetching it. */
function blobOf(url, format) {
  const comma = url.indexOf(",");
  const body = url.slice(comma + 1);
  if (format === "svg") return new Blob([decodeURIComponent(body)], { type: "image/svg+xml" });
  return new Blob([Uint8Array.from(atob(body), (char) => char.charCodeAt(0))], { type: "image/png" });
}
