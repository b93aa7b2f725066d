// Owns the comparison of configs: keys as lines, runs as columns, only what differs unless all is asked for.

import { check } from "./buttons.js";
import { catalog } from "./catalog.js";
import { colourOf } from "./colours.js";
import { fill, h, setCss } from "./dom.js";
import { configValue } from "./format.js";
import { emptyState } from "./states.js";
import { view } from "./state.js";

const MOST_RUNS = 40;

/** Fill `place` with the comparison of the configs of `runs`. */
export function drawCompare(place, runs, configs) {
  const shown = runs.slice(0, MOST_RUNS);
  const lines = configs.keys
    .map(({ key }, i) => ({ key, cells: shown.map((run) => configs.rows.get(run.id)?.[i]) }))
    .map((line) => ({ ...line, texts: line.cells.map(configValue) }))
    .map((line) => ({ ...line, differs: new Set(line.texts).size > 1 }));
  const differing = lines.filter((line) => line.differs);
  const isAll = view.get("allkeys");
  const listed = isAll ? lines : differing;
  const tools = h(
    "div",
    { class: "compare-tools" },
    h(
      "span",
      { class: "muted" },
      `${differing.length} of ${lines.length} keys differ over ${shown.length} runs${runs.length > shown.length ? ` (the first of ${runs.length})` : ""}`,
    ),
    check("Show all keys", isAll, (allkeys) => view.set({ allkeys })),
  );
  fill(place, tools, listed.length > 0 ? table(shown, listed) : same(lines.length));
}

function same(total) {
  if (total === 0) return emptyState("No configs", "The selected runs have no config.json.");
  return emptyState("Nothing differs", "The selected runs have the same config.", {
    actions: [["Show all keys", () => view.set({ allkeys: true })]],
  });
}

function table(runs, lines) {
  const head = runs.map((run) => {
    const dot = h("i", { class: "dot" });
    setCss(dot, { background: colourOf(run) });
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
    { class: "table-scroll" },
    h(
      "table",
      { class: "data compare" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Key"), head)),
      h("tbody", {}, body),
    ),
  );
}
