// Owns what a chart looks like in plotly's terms: points of lines as drawn, and the layout; nothing of the page.

import { number } from "../base/format.js";
import { theme } from "../base/theme.js";
import { logTicks, mostTicks, xEnds, xValues } from "./axis.js";

export const FONT = 'Inter, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif';

/**
 * Lines as drawn: `{run, name, colour, dash, startedAt, x, y, step, time}`; where smoothing is on, `y` is smoothed, `raw`
 * what it was at each place, and `behind` the line as it was logged, `{x, y}`. `entries` are `{run, name, colour, dash,
 * startedAt, line, detail, smoothed}`; with `range` (in x) only that part is drawn, in detail where there is some.
 */
export function drawnLines(entries, style) {
  return entries.map((entry) => drawnLine(entry, style));
}

function drawnLine({ line, detail, smoothed, ...look }, { mode, unit, range }) {
  const placed = (part) => {
    const x = xValues(part, mode, unit, look.startedAt);
    const whole = { x, y: part.value, raw: part.raw, step: part.step, time: part.time };
    return range ? cutTo(whole, range) : whole;
  };
  const logged = placed(detail ?? line);
  if (!smoothed) return { ...look, ...logged };
  const front = placed(smoothed);
  return { ...look, ...front, behind: logged, second: (at) => number(front.raw[at]) };
}

/** The part of the line in the range, with one point more on each side. */
function cutTo(line, [from, to]) {
  let first = line.x.findIndex((x) => x >= from);
  if (first < 0) first = line.x.length;
  let last = first;
  while (last < line.x.length && line.x[last] <= to) last += 1;
  const cut = (list) => list?.subarray(Math.max(0, first - 1), last + 1);
  return Object.fromEntries(Object.entries(line).map(([name, list]) => [name, cut(list)]));
}

/** Why these traces show nothing, as a short text; empty when they show something. */
export function whyEmpty(traces, isLog) {
  if (traces.length === 0) return "no points";
  if (traces.some(({ y }) => y.some((value) => value !== null))) return "";
  return isLog ? "nothing positive to show on a log scale" : "no finite values";
}

/**
 * Whether what the lines have grown by since they had `totals` points would move none by a pixel in plotly's `layout`: the
 * others make room, each by its share of the width, and within the range of y.
 */
export function isUnseen(lines, totals, layout) {
  if (!layout || lines.size !== totals.size) return false;
  const grown = [...lines].map(([run, line]) => [line, line.total - (totals.get(run) ?? Infinity)]);
  const width = layout.xaxis._length;
  const isWithin = ([line, count]) => count >= 0 && count * width < line.step.length && isInside(line, count, layout);
  return grown.some(([, count]) => count > 0) && grown.every(isWithin);
}

function isInside({ value }, count, { yaxis }) {
  const ends = yaxis.type === "log" ? yaxis.range.map((end) => 10 ** end) : yaxis.range;
  return count === 0 || value.subarray(-count).every((y) => y >= ends[0] && y <= ends[1]);
}

const HUGE = 1e15;
const LEFT = 52;
const OUTSIDE = 0.02; // of the values, at either end
const MARGIN = 0.06;
const FAR = 3; // values as far apart as so many times the range of the others are outliers

/** The range of y (in plotly's terms) without the outliers of the traces; null when there is nothing to leave out. */
export function clippedRange(traces, isLog) {
  const values = Float64Array.from(traces.flatMap(({ y }) => y.filter((value) => value !== null))).sort();
  if (values.length === 0) return null;
  const ends = [OUTSIDE, 1 - OUTSIDE].map((part) => values[Math.round(part * (values.length - 1))]);
  const [low, high] = isLog ? ends.map(Math.log10) : ends;
  const all = [values[0], values.at(-1)].map((end) => (isLog ? Math.log10(end) : end));
  const margin = (high - low) * MARGIN;
  return margin > 0 && all[1] - all[0] > FAR * (high - low) ? [low - margin, high + margin] : null;
}

/**
 * The layout for a chart of `size` of these traces; `frame` is `[x0, x1, y0, y1]` when zoomed, `clip` else plotly's range
 * of y or null. Plotly widens a margin for a label that it cannot hold; the margins here hold the usual ones, so that a
 * live chart does not jump.
 */
export function layoutFor({ traces, size, mode, unit, isLog, frame, clip, drag }) {
  const line = theme.colour("line");
  const axis = {
    gridcolor: line,
    zeroline: false,
    linecolor: theme.colour("line-strong"),
    ticks: "",
    ticklabeloverflow: "allow",
    automargin: "width",
    fixedrange: false,
    tickfont: { color: theme.colour("muted"), size: 11 },
  };
  const ends = frame ?? [null, null, null, null];
  const shown = ends[0] === null ? xEnds(traces) : ends;
  const isDate = mode === "wall";
  const spanY = logged(ends[2], ends[3], isLog);
  return {
    width: size.width,
    height: size.height,
    autosize: false,
    margin: { l: LEFT, r: isDate ? 34 : 20, t: 8, b: isDate ? 40 : 26 }, // dates have two lines, and are wide
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
      nticks: mostTicks(shown, mode, size.width - LEFT),
      tickangle: 0, // a turned label is higher than its margin
      ticksuffix: mode === "relative" ? unit.suffix : "",
      exponentformat: Math.max(-shown[0], shown[1]) >= HUGE ? "e" : "SI", // beyond its prefixes "SI" writes powers, with style attributes
      showgrid: false,
    },
    yaxis: {
      ...axis,
      ...span(...(spanY[0] === null && clip ? clip : spanY)),
      type: isLog ? "log" : "linear",
      nticks: 6,
      exponentformat: "e", // "power" writes style attributes, which the content policy refuses
      ...(isLog ? logLabels(spanY[0] === null ? (clip ?? exponentsOf(traces)) : spanY) : {}),
    },
  };
}

/** Whole numbers as labels of a log axis, where plotly would write digits alone. */
function logLabels(exponents) {
  const ticks = logTicks(exponents);
  return ticks ? { tickmode: "array", tickvals: ticks, ticktext: ticks.map((value) => number(value)) } : {};
}

/** The exponents of ten of the smallest and the largest value that a log axis can show. */
function exponentsOf(traces) {
  const values = traces.flatMap(({ y }) => y.filter((value) => value > 0));
  return [Math.min, Math.max].map((end) => Math.log10(values.reduce((a, b) => end(a, b), values[0])));
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
