// Owns the Tables tab: tables that runs have logged, at the slider's step.

import { fill, h } from "../base/dom.js";
import { configValue, number } from "../base/format.js";
import { Latest } from "../base/latest.js";
import { getJson } from "../model/api.js";
import { mountEntries } from "./entry_tab.js";

export function mountTables(root) {
  return mountEntries(root, {
    kind: "tables",
    label: "Tables",
    makeBody: tableBody,
    empty: [
      "No tables yet",
      "The selected runs have logged no tables.",
      'logger.add_table("errors", {"class": names, "count": counts})',
    ],
  });
}

function tableBody(tag, run) {
  const element = h("div", { class: "table-scroll", tabindex: "0" });
  const latest = new Latest();
  const show = async (entry) => {
    latest.drop();
    fill(element);
    if (!entry) return;
    const asked = { tag: tag.id, run: run.id, index: entry.index };
    const table = await latest.ask((signal) => getJson("/api/table", asked, signal));
    fill(
      element,
      drawTable(table),
      table.cut ? h("p", { class: "card-note" }, `The first ${table.rows.length} of ${table.length} rows.`) : null,
    );
  };
  return { element, show, end: () => latest.drop() };
}

function drawTable({ columns, rows }) {
  const cell = (value) =>
    typeof value === "number" ? h("td", { class: "numeric" }, number(value)) : h("td", {}, configValue(value));
  const isNumeric = (_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === "number");
  const heads = columns.map((name, i) => h("th", { scope: "col", class: isNumeric(name, i) ? "numeric" : "" }, name));
  return h(
    "table",
    { class: "data" },
    h("thead", {}, h("tr", {}, heads)),
    h(
      "tbody",
      {},
      rows.map((row) => h("tr", {}, row.map(cell))),
    ),
  );
}
