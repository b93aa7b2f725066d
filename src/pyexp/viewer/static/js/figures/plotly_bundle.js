// Owns which of plotly's bundles draws a figure, and that what a bundle does agrees with the content policy.

import { loadPlotly, loadScript } from "../base/plotly.js";

const MOST_FLAT = 3000; // points
const BASIC = new Set(["scatter", "bar", "pie", undefined]);
const GRAPHICS = /3d$|gl$|^(?:surface|cone|streamtube|volume|isosurface|splom|parcoords)$/;

let fullBundle = null;

/** A trace as it is drawn: points for the graphics card are drawn without it while they are few. */
export function light(trace) {
  if (trace.type !== "scattergl" || Math.max(count(trace.x), count(trace.y)) > MOST_FLAT) return trace;
  return { ...trace, type: "scatter" };
}

/** How many values there are in a list, or in plotly's packed form `{dtype: "f8", bdata: "base64"}`. */
function count(values) {
  if (!values?.bdata) return values?.length ?? 0;
  return (values.bdata.length * 0.75) / (Number(String(values.dtype).slice(1)) || 1);
}

/** Whether the trace is drawn by the graphics card. */
export function needsContext(trace) {
  return GRAPHICS.test(trace.type ?? "");
}

/** Basic charts are drawn by the vendored bundle; others load the full one of the installed plotly. */
export async function bundleFor(figure) {
  const basic = await loadPlotly();
  styleThroughCssom();
  if (figure.data.every((trace) => BASIC.has(trace.type))) return basic;
  fullBundle ??= loadFull(basic);
  try {
    return await fullBundle;
  } catch {
    fullBundle = null;
    throw new Error("This figure needs plotly's full bundle, which comes with the plotly package: pip install plotly.");
  }
}

async function loadFull(basic) {
  const restore = leaveStylesEmpty();
  try {
    await loadScript("static/plotly-full.js");
    return globalThis.Plotly;
  } finally {
    restore();
    globalThis.Plotly = basic;
  }
}

/** Plotly sets a few styles of SVG elements as attributes, which the policy refuses; property by property they pass. */
function styleThroughCssom() {
  if (Object.hasOwn(SVGElement.prototype, "setAttribute")) return;
  SVGElement.prototype.setAttribute = function setAttribute(name, value) {
    if (name !== "style") {
      Element.prototype.setAttribute.call(this, name, value);
      return;
    }
    this.removeAttribute("style");
    for (const rule of String(value).split(";")) {
      const [property, ...rest] = rule.split(":");
      if (rest.length > 0) this.style.setProperty(property.trim(), rest.join(":").trim());
    }
  };
}

/** The full bundle inserts the style sheet of its map library, which the policy refuses; an empty one passes. */
function leaveStylesEmpty() {
  document.createElement = (tag, ...more) => {
    const element = Document.prototype.createElement.call(document, tag, ...more);
    if (tag === "style") Object.defineProperty(element, "textContent", { set() {} });
    return element;
  };
  return () => delete document.createElement;
}

/** Plotly would wait for a lost context to come back, also when its figure is gone: ours are drawn again instead. */
export function leaveLosses(plot) {
  for (const part of Object.values(plot._fullLayout)) if (part?._scene) part._scene.recoverContext = () => {};
}
