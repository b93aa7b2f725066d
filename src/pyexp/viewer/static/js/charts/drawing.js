// Owns what the chart of a tag looks like at a moment: the view and the points that are held, as a drawing of plotly.

import { splitTag } from "../base/format.js";
import { theme } from "../base/theme.js";
import { catalog } from "../model/catalog.js";
import { colourOf, dashOf, groupColour } from "../model/colours.js";
import { groupOrder, groupTitle, isGrouped } from "../model/grouping.js";
import { highlight } from "../model/highlight.js";
import { view } from "../model/view.js";
import { rangeForScreen, unitFor } from "./axis.js";
import { BANDS, CENTRES, groupTexts } from "./group_bands.js";
import { bandTraces, brokenGroups, brokenLines, envelopeTraces, fineTraces, lineTraces, markTraces } from "./marks.js";
import { clippedRange, drawnLines, layoutFor } from "./plot.js";

/** The range that the view has for a tag, `[from, to]` in the server's x; null for the whole. */
export function rangeOf(tag) {
  const zoom = view.get("zoom")[tag];
  return zoom && zoom[0] !== null ? [zoom[0], zoom[1]] : null;
}

/** Whether outliers are left out of the y-range: as the toolbar says, but for the tags that do otherwise. */
export function isClipped(tag) {
  return view.get("outliers") === view.get("clip").includes(tag);
}

/** How the view has a chart of the tag with these lines. */
export function styleOf(tag, lines) {
  const mode = isGrouped() ? "step" : view.get("x");
  const unit = unitFor(lines.values());
  const zoom = view.get("zoom")[tag] ?? null;
  const range = rangeOf(tag) ? rangeForScreen(rangeOf(tag), mode, unit) : null;
  return {
    mode,
    unit,
    range,
    smooth: view.get("smooth"),
    isLog: view.get("logy").includes(tag),
    isClipped: isClipped(tag),
    frame: zoom ? [...(range ?? [null, null]), zoom[2], zoom[3]] : null,
  };
}

/** `{drawn, traces, layout, isLog, isCut, unseen}` of a chart of `size`; `unseen` counts what a log axis cannot show. */
export function drawingOf({ data, size, drag = "zoom" }) {
  const style = styleOf(data.tag, data.series.lines);
  const { drawn, traces, unseen } = isGrouped() ? groupDrawing(data, style) : lineDrawing(data, style);
  const clip = style.isClipped ? clippedRange(traces, style.isLog) : null;
  const layout = layoutFor({ ...style, traces, size, clip, drag });
  return {
    drawn,
    traces: fineTraces(traces, layout),
    layout,
    isLog: style.isLog,
    isCut: clip !== null,
    unseen: style.isLog ? unseen : 0,
  };
}

/** The titles of a chart's axes, and what its names are. */
export function titlesOf({ id, name }, lines) {
  const { mode, unit } = styleOf(id, lines);
  const axes = { step: "step", relative: `time since the first point (${unit.suffix.trim()})`, wall: "time" };
  const labelOf = (list, key) => list.find(([value]) => value === view.get(key))?.[1];
  const note = `${groupTitle()}: ${labelOf(CENTRES, "centre")?.toLowerCase()}, ${labelOf(BANDS, "band")}`;
  return { axes: [axes[mode], splitTag(name)[1]], note: isGrouped() ? note : "" };
}

function lineDrawing(data, style) {
  const drawn = drawnLines(entriesOf(data, style), style);
  const isFaint = data.isEnvelope;
  const behind = isFaint ? envelopeTraces(data.envelope.groups, theme.colour("text"), style) : [];
  const traces = [...lineTraces(drawn, style, isFaint ? highlight.run : undefined), ...behind];
  traces.push(...markTraces(brokenLines(drawn)));
  return { drawn, traces, unseen: sum([...data.series.lines.values()].map((line) => line.nonpositive)) };
}

function groupDrawing(data, style) {
  const groups = groupsOf(data.bands);
  const members = view.get("members") ? memberLines(data, groups, style) : [];
  const faint = lineTraces(members, { ...style, smooth: 0 }, null);
  const traces = [...bandTraces(groups, style), ...faint, ...markTraces(brokenGroups(groups))];
  return { drawn: groups, traces, unseen: sum(groups.map(({ y }) => y.filter((value) => value <= 0).length)) };
}

function groupsOf({ groups }) {
  const band = view.get("band");
  return groups
    .map((part) => {
      const { step, value, count, broken, of, runs, group: name } = part;
      const index = groupOrder.index(name);
      const edges = [part.low, part.high];
      const group = {
        name,
        index,
        colour: groupColour(index),
        x: step,
        step,
        y: value,
        edges,
        count,
        broken,
        of,
        runs,
      };
      return { ...group, texts: (at) => groupTexts(group, at, band) };
    })
    .sort((a, b) => a.index - b.index);
}

/** The lines of the groups' runs, in the colours of their groups. */
function memberLines(data, groups, style) {
  const colours = new Map(groups.flatMap(({ runs, colour }) => runs.map((run) => [run, colour])));
  const entries = entriesOf(data, style).filter(({ run }) => colours.has(run));
  return drawnLines(
    entries.map((entry) => ({ ...entry, colour: colours.get(entry.run), dash: "solid" })),
    { ...style, smooth: 0 },
  );
}

function entriesOf({ series, detail, smoothed, pointed }, { range, smooth }) {
  const ids = [...new Set([...series.runs, ...pointed.runs])];
  return ids
    .map((id) => ({ id, run: catalog.run(id), line: series.lines.get(id) ?? pointed.lines.get(id) }))
    .filter(({ run, line }) => run && line && line.step.length > 0)
    .map(({ id, run, line }) => ({
      run: id,
      name: catalog.label(run),
      colour: colourOf(run),
      dash: dashOf(run),
      line,
      detail: range && detail.lines?.get(id),
      smoothed: smooth > 0 ? smoothed.lines?.get(id) : undefined,
      startedAt: line.time[0],
    }));
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
