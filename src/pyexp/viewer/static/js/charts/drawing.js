// Owns what the chart of a tag looks like at a moment: the view and the points that are held, as a drawing of plotly.

import { splitTag } from "../base/format.js";
import { catalog } from "../model/catalog.js";
import { colourOf, dashOf, groupColour } from "../model/colours.js";
import { view } from "../model/view.js";
import { rangeForScreen, unitFor } from "./axis.js";
import { BANDS, bandOf, groupOrder } from "./group_bands.js";
import { bandTraces, clippedRange, drawnGroups, drawnLines, layoutFor, lineTraces } from "./plot.js";

/** The range that the view has for a tag, `[from, to]` in the server's x; null for the whole. */
export function rangeOf(tag) {
  const zoom = view.get("zoom")[tag];
  return zoom && zoom[0] !== null ? [zoom[0], zoom[1]] : null;
}

/** How the view has a chart of the tag with these lines. */
export function styleOf(tag, lines) {
  const mode = view.get("group") ? "step" : view.get("x");
  const unit = unitFor(lines.values());
  const zoom = view.get("zoom")[tag] ?? null;
  const range = rangeOf(tag) ? rangeForScreen(rangeOf(tag), mode, unit) : null;
  return {
    mode,
    unit,
    range,
    smooth: view.get("smooth"),
    isLog: view.get("logy").includes(tag),
    isClipped: view.get("clip").includes(tag),
    frame: zoom ? [...(range ?? [null, null]), zoom[2], zoom[3]] : null,
  };
}

/** `{drawn, traces, layout, isLog}` of a chart of `size`: lines of runs, or bands where the view groups them. */
export function drawingOf({ tag, series, bands, detail, size, drag = "zoom" }) {
  const style = styleOf(tag, series.lines);
  const isGrouped = Boolean(view.get("group"));
  const drawn = isGrouped ? drawnGroups(groupsOf(bands), style) : drawnLines(entriesOf(series, detail, style), style);
  const traces = isGrouped ? bandTraces(drawn, style) : lineTraces(drawn, style);
  const clip = style.isClipped ? clippedRange(traces, style.isLog) : null;
  return { drawn, traces, layout: layoutFor({ ...style, size, clip, drag }), isLog: style.isLog };
}

/** The titles of a chart's axes, and what its names are. */
export function titlesOf({ id, name }, lines) {
  const { mode, unit } = styleOf(id, lines);
  const axes = { step: "step", relative: `time since the first point (${unit.suffix.trim()})`, wall: "time" };
  const group = view.get("group");
  const label = BANDS.find(([band]) => band === view.get("band"))?.[1];
  return { axes: [axes[mode], splitTag(name)[1]], note: group ? `${group}: mean, ${label}` : "" };
}

function groupsOf({ groups }) {
  return groups
    .map((group) => ({ ...group, ...bandOf(group, view.get("band")), index: groupOrder.index(group.name) }))
    .sort((a, b) => a.index - b.index)
    .map((group) => ({ ...group, colour: groupColour(group.index) }));
}

function entriesOf(series, detail, { range }) {
  return series.runs
    .map((id) => ({ run: catalog.run(id), line: series.lines.get(id), detail: range && detail.lines?.get(id) }))
    .filter(({ run, line }) => run && line && line.step.length > 0)
    .map(({ run, line, detail: fine }) => ({
      run: run.id,
      name: catalog.label(run),
      colour: colourOf(run),
      dash: dashOf(run),
      line,
      detail: fine,
      startedAt: line.time[0],
    }));
}
