// Owns the traces of a chart in plotly's terms: lines, bands, envelopes, and the marks where something is not finite.

import { plotlyText } from "../base/format.js";

export const FAINT = 0.22; // opacity
const FINE = 1; // px
const FAINTLY = { opacity: FAINT, width: FINE, dash: "solid" }; // dashes of many lines would make a pattern of their own

/**
 * Traces of the lines, the raw ones pale behind when smoothed. With `pointed` (a run's id or null) all are faint but the
 * line of that run.
 */
export function lineTraces(drawn, { smooth, isLog }, pointed = undefined) {
  const isSmoothed = (line) => smooth > 0 && line.behind;
  const behind = drawn.filter(isSmoothed).map((line) => trace(line, line.behind, FAINTLY, isLog));
  const look = (line) =>
    pointed === undefined || line.run === pointed ? { opacity: 1, width: 1.6, dash: line.dash } : FAINTLY;
  return [...behind, ...drawn.map((line) => trace(line, line, look(line), isLog))];
}

function trace({ name, colour, run }, { x, y }, { opacity, width, dash }, isLog) {
  const values = drawable(y, isLog);
  return {
    type: "scatter",
    mode: "lines",
    name: plotlyText(name),
    x,
    y: values,
    opacity,
    line: { color: colour, width, dash, shape: "linear" },
    ...alone(values, colour),
    hoverinfo: "skip",
    meta: { run, name },
  };
}

/**
 * The traces with lines of `FINE` pixels where wider ones would cover more than the whole chart of this `layout`: there
 * they make a blot, and take four times as long to paint.
 */
export function fineTraces(traces, { width, yaxis }) {
  const place = yaxis.type === "log" ? Math.log10 : Number;
  const lines = traces.filter(({ line }) => line.width > FINE);
  const ends = yaxis.range ?? yEnds(lines, place);
  const covered = lines.reduce((sum, { y, line }) => sum + line.width * heightsOf(y, place, ends), 0);
  if (!(covered > width)) return traces;
  return traces.map((trace) => (lines.includes(trace) ? { ...trace, line: { ...trace.line, width: FINE } } : trace));
}

/** How often a line with these values goes over the whole height, up or down. */
function heightsOf(values, place, [low, high]) {
  let sum = 0;
  let last = NaN;
  for (const value of values) {
    const at = value === null ? NaN : Math.min(high, Math.max(low, place(value)));
    sum += Math.abs(at - last) || 0; // not a number next to a gap
    last = at;
  }
  return sum / (high - low);
}

/** The places of the smallest and the largest value of these traces. */
function yEnds(traces, place) {
  let [low, high] = [Infinity, -Infinity];
  for (const { y } of traces)
    for (const value of y) {
      if (value === null) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return [place(low), place(high)];
}

function isBlank(value) {
  return value === null || value === undefined;
}

/** What cannot be drawn (nan, inf, on a log scale what is not positive) is a gap. */
function drawable(y, isLog) {
  return Array.from(y, (value) => (Number.isFinite(value) && (!isLog || value > 0) ? value : null));
}

/** Traces of drawn groups: a band behind each middle, which is dashed where fewer runs than the group has are there. */
export function bandTraces(groups, { isLog }) {
  return groups.flatMap((group) => {
    const { name, colour, x, y, edges } = group;
    const base = { type: "scatter", mode: "lines", x, hoverinfo: "skip" };
    const line = { ...base, name: plotlyText(name), meta: { name } };
    const part = (column, isPart) => column.map((value, i) => (isPart(i) ? value : null));
    const middle = drawable(y, isLog);
    const isThin = middle.map((_, i) => group.count[i] < group.of);
    const isSolid = (i) => !isThin[i];
    const isDashed = (i) => isThin[i] || isThin[i - 1] || isThin[i + 1];
    const dashed = {
      ...alone(part(middle, isDashed), colour),
      ...line,
      y: part(middle, isDashed),
      line: { color: colour, width: 1.8, dash: "dash" },
      showlegend: !isThin.includes(false),
    };
    return [
      ...bandOf(base, edges, colour, "2e", isLog),
      {
        ...line,
        y: part(middle, isSolid),
        line: { color: colour, width: 1.8 },
        ...alone(part(middle, isSolid), colour),
      },
      ...(isThin.includes(true) ? [dashed] : []),
    ];
  });
}

/** A lone point is a marker. */
function alone(values, colour) {
  const isAlone = values.map((value, i) => value !== null && isBlank(values[i - 1]) && isBlank(values[i + 1]));
  const marker = { color: colour, size: isAlone.map((is) => (is ? 6 : 0)) };
  return isAlone.some(Boolean) ? { mode: "lines+markers", marker } : {};
}

/** Traces over all runs: the middle 90 %, the middle half and the median. */
export function envelopeTraces(groups, colour, { isLog }) {
  return groups.flatMap(({ step: x, value, low, high, inner_low, inner_high }) => {
    const base = { type: "scatter", mode: "lines", x, hoverinfo: "skip" };
    const y = drawable(value, isLog);
    return [
      ...bandOf(base, [low, high], colour, "1c", isLog),
      ...bandOf(base, [inner_low, inner_high], colour, "2e", isLog),
      { ...base, name: "median", meta: { name: "median" }, y, line: { color: colour, width: 2 }, ...alone(y, colour) },
    ];
  });
}

function bandOf(base, edges, colour, strength, isLog) {
  const [low, high] = edges.map((edge) => ({
    ...base,
    y: drawable(edge, isLog),
    line: { width: 0 },
    showlegend: false,
  }));
  return [low, { ...high, fill: "tonexty", fillcolor: `${colour}${strength}` }];
}

/** Where lines turn nan or infinite: their last values before it. */
export function brokenLines(drawn) {
  return drawn.flatMap(({ behind, x, y, colour }) => {
    const raw = behind ?? { x, y };
    return places(raw.y, (i) => !Number.isFinite(raw.y[i])).map((i) => ({ x: raw.x[i], y: raw.y[i], colour }));
  });
}

/** Where runs of groups turn nan or infinite. */
export function brokenGroups(groups) {
  return groups.flatMap(({ x, y, broken, colour }) =>
    places(y, (i) => broken[i] > 0).map((i) => ({ x: x[i], y: y[i], colour })),
  );
}

/** Of each stretch in which `isBroken(i)`, the last place before it whose value can be drawn, or the first after it. */
function places(values, isBroken) {
  const found = [];
  for (let i = 0; i < values.length; i += 1) {
    if (!isBroken(i) || (i > 0 && isBroken(i - 1))) continue;
    let at = i - 1;
    if (at < 0) at = values.findIndex(Number.isFinite);
    if (at >= 0 && Number.isFinite(values[at])) found.push(at);
  }
  return found;
}

/** One trace of all these marks; none when there are none. */
export function markTraces(marks) {
  if (marks.length === 0) return [];
  const column = (key) => marks.map((mark) => mark[key]);
  return [
    {
      type: "scatter",
      mode: "markers",
      name: "not finite",
      x: column("x"),
      y: column("y"),
      line: { width: 0 },
      marker: { symbol: "x", size: 8, color: column("colour") },
      hoverinfo: "skip",
      showlegend: false,
    },
  ];
}
