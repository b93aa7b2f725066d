// Owns what a chart looks like in plotly's terms: traces and layout from lines, nothing of the page.

import { number, plotlyText } from "../base/format.js";
import { theme } from "../base/theme.js";
import { xValues } from "./axis.js";
import { smoothed } from "./smoothing.js";

export const FONT = 'Inter, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';

/**
 * Lines as drawn: `{name, colour, dash, startedAt, x, y, raw, step, time}`; `y` is smoothed where smoothing is on.
 * `entries` are `{name, colour, dash, startedAt, line, detail}`; with `range` (in x) only that part is drawn, in detail
 * where there is some.
 */
export function drawnLines(entries, style) {
  const lines = entries.map((entry) => drawnLine(entry, style));
  if (style.smooth > 0) for (const line of lines) line.second = (at) => number(line.raw[at]);
  return lines;
}

function drawnLine({ line, detail, ...look }, { mode, unit, smooth, range }) {
  const x = xValues(line, mode, unit, look.startedAt);
  const whole = { span: x[x.length - 1] - x[0], total: line.total };
  const y = smoothed(x, line.value, smooth, whole);
  const full = { ...look, x, y, raw: line.value, step: line.step, time: line.time };
  if (!range) return full;
  if (!detail) return cutTo(full, range);
  const fine = xValues(detail, mode, unit, look.startedAt);
  const seed = smooth > 0 && fine.length > 0 ? valueBefore(x, y, fine[0]) : null;
  return {
    ...look,
    x: fine,
    y: smoothed(fine, detail.value, smooth, whole, seed),
    raw: detail.value,
    step: detail.step,
    time: detail.time,
  };
}

/** The part of the line in the range, with one point more on each side. */
function cutTo(line, [from, to]) {
  let first = line.x.findIndex((x) => x >= from);
  if (first < 0) first = line.x.length;
  let last = first;
  while (last < line.x.length && line.x[last] <= to) last += 1;
  const cut = (list) => list.subarray(Math.max(0, first - 1), last + 1);
  return { ...line, x: cut(line.x), y: cut(line.y), raw: cut(line.raw), step: cut(line.step), time: cut(line.time) };
}

function valueBefore(x, y, place) {
  const next = x.findIndex((other) => other >= place);
  const value = y[Math.max(0, (next < 0 ? x.length : next) - 1)];
  return Number.isFinite(value) ? value : null;
}

/** Traces of the lines, the raw ones pale behind when smoothed. A single point is shown as a marker. */
export function lineTraces(drawn, { smooth, isLog }) {
  const behind = smooth > 0 ? drawn.map((line) => trace(line, line.raw, { opacity: 0.22, width: 1 }, isLog)) : [];
  return [...behind, ...drawn.map((line) => trace(line, line.y, { opacity: 1, width: 1.6 }, isLog))];
}

function trace({ name, colour, dash, x }, y, { opacity, width }, isLog) {
  const mode = x.length < 2 ? "markers" : "lines";
  return {
    type: "scatter",
    mode,
    name: plotlyText(name),
    x,
    y: drawable(y, isLog),
    opacity,
    line: { color: colour, width, dash, shape: "linear" },
    marker: { color: colour, size: 6 },
    hoverinfo: "skip",
  };
}

/** What cannot be drawn (nan, inf, on a log scale what is not positive) is a gap. */
function drawable(y, isLog) {
  return Array.from(y, (value) => (Number.isFinite(value) && (!isLog || value > 0) ? value : null));
}

/**
 * Groups as drawn, from `{name, colour, x, mean, low, high, second}`: mean and the band's edges are smoothed where
 * smoothing is on.
 */
export function drawnGroups(groups, { smooth }) {
  return groups.map(({ mean, low, high, ...group }) => {
    const [y, ...edges] = [mean, low, high].map((column) => smoothed(group.x, column, smooth));
    return { ...group, y, edges, raw: mean, step: group.x };
  });
}

/** Traces of drawn groups: a band behind each mean. */
export function bandTraces(groups, { isLog }) {
  return groups.flatMap(({ name, colour, x, y, edges }) => {
    const base = { type: "scatter", mode: "lines", x, hoverinfo: "skip" };
    const [low, high] = edges.map((edge) => ({ ...base, y: drawable(edge, isLog), line: { width: 0 } }));
    return [
      { ...low, showlegend: false },
      { ...high, fill: "tonexty", fillcolor: `${colour}2e`, showlegend: false },
      { ...base, name: plotlyText(name), y: drawable(y, isLog), line: { color: colour, width: 1.8 } },
    ];
  });
}

/** Why these traces show nothing, as a short text; empty when they show something. */
export function whyEmpty(traces, isLog) {
  if (traces.length === 0) return "no points";
  if (traces.some(({ y }) => y.some((value) => value !== null))) return "";
  return isLog ? "nothing positive to show on a log scale" : "no finite values";
}

const OUTSIDE = 0.02; // of the values, at either end
const MARGIN = 0.06;

/** The range of y (in plotly's terms) without the outliers of the traces; null when there is nothing to leave out. */
export function clippedRange(traces, isLog) {
  const values = Float64Array.from(traces.flatMap(({ y }) => y.filter((value) => value !== null))).sort();
  if (values.length === 0) return null;
  const ends = [OUTSIDE, 1 - OUTSIDE].map((part) => values[Math.round(part * (values.length - 1))]);
  const [low, high] = isLog ? ends.map(Math.log10) : ends;
  const margin = (high - low) * MARGIN;
  return margin > 0 ? [low - margin, high + margin] : null;
}

/**
 * The layout for a chart of `size`; `frame` is `[x0, x1, y0, y1]` when zoomed, `clip` else plotly's range of y or null.
 */
export function layoutFor({ size, mode, unit, isLog, frame, clip, drag }) {
  const line = theme.colour("line");
  const axis = {
    gridcolor: line,
    zeroline: false,
    linecolor: theme.colour("line-strong"),
    ticks: "",
    automargin: false,
    fixedrange: false,
    tickfont: { color: theme.colour("muted"), size: 11 },
  };
  const ends = frame ?? [null, null, null, null];
  const isDate = mode === "wall";
  const spanY = logged(ends[2], ends[3], isLog);
  return {
    width: size.width,
    height: size.height,
    autosize: false,
    margin: { l: 52, r: 10, t: 8, b: isDate ? 40 : 26 }, // dates have two lines
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: { family: FONT, size: 11, color: theme.colour("muted") },
    showlegend: false,
    hovermode: false,
    dragmode: drag,
    xaxis: {
      ...axis,
      ...span(ends[0], ends[1]),
      type: isDate ? "date" : "linear",
      showline: true,
      nticks: 6,
      ticksuffix: mode === "relative" ? unit.suffix : "",
      exponentformat: "SI",
      showgrid: false,
    },
    yaxis: {
      ...axis,
      ...span(...(spanY[0] === null && clip ? clip : spanY)),
      type: isLog ? "log" : "linear",
      nticks: 6,
      exponentformat: "e", // "power" writes style attributes, which the content policy refuses
      ...(isLog ? { dtick: undefined, minor: { showgrid: false } } : {}),
    },
  };
}

function span(from, to) {
  return from === null || to === null || Number.isNaN(from) || Number.isNaN(to)
    ? { autorange: true }
    : { autorange: false, range: [from, to] };
}

/** Ranges are kept as values; plotly takes the exponents on a log axis. */
function logged(from, to, isLog) {
  if (!isLog || from === null) return [from, to];
  return from > 0 && to > 0 ? [Math.log10(from), Math.log10(to)] : [null, null];
}

export const CONFIG = {
  displayModeBar: false,
  responsive: false,
  doubleClick: false,
  showTips: false,
  displaylogo: false,
};
