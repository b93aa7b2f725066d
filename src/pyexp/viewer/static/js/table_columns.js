// Owns the columns of the table of runs: what each shows, and by what it is sorted.

import { catalog } from "./catalog.js";
import { colourOf } from "./colours.js";
import { h, setCss } from "./dom.js";
import { configValue, duration, moment, number } from "./format.js";
import { selection } from "./selection.js";
import { statusBadge } from "./status.js";
import { view } from "./state.js";

/** `[key, "up" | "down"]` of the sorted column. */
export function sortMark() {
  const text = view.get("sort");
  const cut = text.lastIndexOf(":");
  return [text.slice(0, cut), text.slice(cut + 1)];
}

/** All columns: the run itself, config keys that differ, one per scalar. */
export function runColumns(configs, stats, scalars, stat) {
  const fixed = [
    { key: "name", label: "Run", value: (run) => run.name, kind: "name" },
    catalog.batches.size > 1
      ? {
          key: "batch",
          label: "Batch",
          value: (run) => catalog.batchLabel(run),
          show: (run) => catalog.batchLabel(run),
        }
      : null,
    { key: "status", label: "Status", value: (run) => run.status, kind: "status" },
    { key: "duration", label: "Duration", value: elapsed, show: (run) => duration(elapsed(run)), isNumeric: true },
    {
      key: "started",
      label: "Started",
      value: (run) => run.started,
      show: (run) => moment(run.started),
      isNumeric: true,
    },
  ].filter(Boolean);
  const config = configs.keys.map((key, i) => ({ ...key, i })).filter(({ differs }) => differs);
  const ofConfig = config.map(({ key, i }) => {
    const value = (run) => configs.rows.get(run.id)?.[i];
    return {
      key: `c.${key}`,
      label: key,
      group: "config",
      value,
      show: (run) => configValue(value(run)),
      isNumeric: false,
    };
  });
  const ofScalars = scalars.map(({ id, name }) => {
    const value = (run) => stats.get(run.id)?.get(id)?.[stat];
    return { key: `s.${name}`, label: name, group: stat, value, show: (run) => number(value(run)), isNumeric: true };
  });
  return [...fixed, ...ofConfig, ...ofScalars];
}

function elapsed(run) {
  if (run.duration !== null && run.duration !== undefined) return run.duration;
  if (run.started === null || run.started === undefined) return null;
  if (run.status === "running") return Math.max(0, Date.now() / 1000 - run.started);
  return run.finished ? run.finished - run.started : null;
}

/** A body cell; the name's cell has the switch and opens the run's details. */
export function valueCell(column, run, open) {
  if (column.kind === "name") return nameCell(run, open);
  if (column.kind === "status") return h("td", {}, statusBadge(run, true));
  const text = column.show(run);
  return h("td", { class: column.isNumeric ? "numeric" : "value", title: text.length > 24 ? text : null }, text);
}

function nameCell(run, open) {
  const box = h("input", {
    type: "checkbox",
    class: "box run-box",
    "aria-label": `Show ${run.name}`,
    data: { focus: `box${run.id}` },
    onchange: () => selection.toggle([run], box.checked),
  });
  box.checked = selection.isOn(run);
  setCss(box, { "--run-colour": colourOf(run) });
  const name = h(
    "button",
    {
      class: "link run-open",
      type: "button",
      title: "Details of this run",
      data: { focus: `run${run.id}` },
      onclick: open,
    },
    run.name,
  );
  return h("th", { scope: "row" }, h("div", { class: "name-cell" }, box, name));
}
