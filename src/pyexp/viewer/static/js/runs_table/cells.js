// Owns what the cells of the table of runs look like, and the mark of the sorted column.

import { h, setCss } from "../base/dom.js";
import { compareCells, isBlank } from "../base/format.js";
import { oddBadge, statusBadge } from "../base/status_badge.js";
import { colourOf } from "../model/colours.js";
import { oddities } from "../model/oddities.js";
import { selection } from "../model/selection.js";
import { view } from "../model/view.js";

/** `[key, "up" | "down"]` of the sorted column. */
function sortMark() {
  const text = view.get("sort");
  const cut = text.lastIndexOf(":");
  return [text.slice(0, cut), text.slice(cut + 1)];
}

/** The runs sorted as the view says; blank cells come last either way. */
export function sortedRuns(runs, columns) {
  const [key, direction] = sortMark();
  const column = columns.find((other) => other.key === key);
  if (!column) return runs;
  const sign = direction === "down" ? -1 : 1;
  const cells = new Map(runs.map((run) => [run, column.value(run)]));
  return [...runs].sort((a, b) => {
    const [left, right] = [cells.get(a), cells.get(b)];
    return (isBlank(left) || isBlank(right) ? 1 : sign) * compareCells(left, right);
  });
}

/** A head cell that sorts: up, then down, then as it was. */
export function headCell(column) {
  const [key, direction] = sortMark();
  const isSorted = key === column.key;
  const next = isSorted && direction === "up" ? `${column.key}:down` : isSorted ? "" : `${column.key}:up`;
  const sort = isSorted ? { up: "ascending", down: "descending" }[direction] : "none";
  const group = column.group ? h("small", {}, column.group) : null;
  return h(
    "th",
    { scope: "col", "aria-sort": sort, class: column.isNumeric ? "numeric" : "" },
    h(
      "button",
      {
        class: "sort",
        type: "button",
        title: column.label,
        data: { focus: column.key },
        onclick: () => view.set({ sort: next }),
      },
      group,
      h("span", {}, column.label),
    ),
  );
}

/** A body cell; the name's cell has the switch and opens the run's details. */
export function valueCell(column, run, name, open) {
  if (column.kind === "name") return nameCell(run, name, open);
  if (column.kind === "status") return h("td", {}, statusBadge(run, true), oddBadge(oddities.of(run.id)));
  const text = column.show(run);
  const title = text === "…" ? "loading" : text.length > 24 ? text : null;
  return h("td", { class: column.isNumeric ? "numeric" : "value", title }, text);
}

function nameCell(run, name, open) {
  const box = h("input", {
    type: "checkbox",
    class: "box run-box",
    "aria-label": `Show ${run.name}`,
    data: { focus: `box${run.id}` },
    onchange: () => selection.toggle([run], box.checked),
  });
  box.checked = selection.isOn(run);
  setCss(box, { "--run-colour": colourOf(run) });
  const label = h(
    "button",
    {
      class: "link run-open",
      type: "button",
      title: `${run.name}\nDetails of this run`,
      data: { focus: `run${run.id}` },
      onclick: open,
    },
    name,
  );
  return h("th", { scope: "row" }, h("div", { class: "name-cell" }, box, label));
}
