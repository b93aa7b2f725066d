// Owns the comparison of configs: keys as lines, runs as columns, only what differs unless all is asked for.

import { check } from "../base/buttons.js";
import { colourDot, fill, h } from "../base/dom.js";
import { count } from "../base/format.js";
import { emptyPlaceholder } from "../base/placeholders.js";
import { catalog } from "../model/catalog.js";
import { colourOf, dashOf } from "../model/colours.js";
import { view } from "../model/view.js";

export const MOST_COMPARED = 40;

/**
 * Fill `place` with the comparison of `runs`, whose `configs` the server has compared: equal texts may be different
 * values.
 */
export function drawCompare(place, runs, configs) {
  const shown = runs.filter((run) => configs.rows.has(run.id));
  const lines = configs.keys.map(({ key, differs }, i) => ({
    key,
    differs,
    texts: shown.map((run) => configs.rows.get(run.id)[i] ?? "—"),
  }));
  const differing = lines.filter((line) => line.differs);
  const isAll = view.get("allkeys");
  const listed = isAll ? lines : differing;
  const cut = runs.length > shown.length ? ` (the first of ${runs.length})` : "";
  const tools = h(
    "div",
    { class: "compare-tools" },
    h(
      "span",
      { class: "muted" },
      `${differing.length} of ${lines.length} keys differ over ${count(shown.length, "run")}${cut}`,
    ),
    check("Show all keys", isAll, (allkeys) => view.set({ allkeys })),
  );
  fill(place, tools, listed.length > 0 ? table(shown, listed) : same(lines.length));
}

function same(total) {
  if (total === 0) return emptyPlaceholder("No configs", "The selected runs have no config.json.");
  return emptyPlaceholder("Nothing differs", "The selected runs have the same config.", {
    actions: [["Show all keys", () => view.set({ allkeys: true })]],
  });
}

function table(runs, lines) {
  const head = runs.map((run) => {
    const dot = colourDot(colourOf(run), dashOf(run));
    return h("th", { scope: "col", title: run.name }, h("span", { class: "compare-run" }, dot, catalog.label(run)));
  });
  const body = lines.map(({ key, texts, differs }) =>
    h(
      "tr",
      { class: differs ? "differs" : "" },
      h("th", { scope: "row" }, key),
      texts.map((text) => h("td", { class: "value", title: text.length > 24 ? text : null }, text)),
    ),
  );
  return h(
    "div",
    { class: "table-scroll", tabindex: "0", role: "group", "aria-label": "Table" },
    h(
      "table",
      { class: "data compare" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Key"), head)),
      h("tbody", {}, body),
    ),
  );
}
