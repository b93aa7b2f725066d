// Owns the runs panel: the filter, the summary, and the tools above the tree of batches and runs.

import { h, setText } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { debounced, throttled } from "../base/timing.js";
import { catalog } from "../model/catalog.js";
import { configs } from "../model/configs.js";
import { groupOrder } from "../model/grouping.js";
import { highlight } from "../model/highlight.js";
import { oddities } from "../model/oddities.js";
import { selection } from "../model/selection.js";
import { view } from "../model/view.js";
import { panelEdge } from "./panel_width.js";
import { drawTree, moveInTree } from "./tree.js";

/** Build the panel; it follows the catalogue and the selection by itself. */
export function buildRunsPanel() {
  const tree = h("div", { class: "tree", role: "tree", "aria-label": "Runs", "aria-multiselectable": "true" });
  const summary = h("span", { class: "summary" });
  const problem = h("p", { class: "filter-error", role: "alert" });
  const draw = throttled(() => {
    drawTree(tree);
    const total = catalog.runs.size;
    setText(
      summary,
      selection.chosen.length === total ? `${total} shown` : `${selection.chosen.length} of ${total} shown`,
    );
    setText(problem, selection.filterError ?? (selection.isCut ? "Only the first 1,000 of these are shown." : ""));
  }, 120);
  selection.on("update", draw);
  for (const source of [oddities, groupOrder, configs]) source.on("change", draw);
  for (const key of ["colour", "group"]) view.on(key, draw);
  highlight.on("change", () => showPointed(tree));
  tree.addEventListener("toggled", draw);
  tree.addEventListener("keydown", (event) => moveInTree(event, tree));
  tree.addEventListener("pointerover", ({ target }) => pointAt(target.closest(".run-row")));
  tree.addEventListener("pointerleave", () => pointAt(null));
  draw();
  return h(
    "aside",
    { class: "runs-panel", id: "runs-panel", "aria-label": "Runs" },
    filterField(),
    problem,
    h("div", { class: "runs-tools" }, summary, tools()),
    tree,
    panelEdge(),
  );
}

function pointAt(row) {
  highlight.set(row ? Number(row.dataset.run) : null);
}

/** Mark the row of the run whose line is pointed at. */
function showPointed(tree) {
  for (const row of tree.querySelectorAll(".run-row"))
    row.classList.toggle("is-pointed", Number(row.dataset.run) === highlight.run);
}

function filterField() {
  const input = h("input", {
    class: "field runs-filter",
    type: "search",
    placeholder: "Filter runs (regex)",
    "aria-label": "Filter runs by a regular expression",
    title: "Names, statuses such as failed, and configs such as lr=0.1",
    spellcheck: "false",
    autocomplete: "off",
    value: view.get("q"),
  });
  input.addEventListener(
    "input",
    debounced(() => view.set({ q: input.value }), 120),
  );
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault(); // the browser would empty the field without an event
    view.set({ q: "" });
    input.blur();
  });
  view.on("q", (text) => {
    if (input.value !== text) input.value = text;
  });
  return h("label", { class: "search" }, icon("search"), input);
}

function tools() {
  const button = (label, title, onclick) => h("button", { class: "link", type: "button", title, onclick }, label);
  return h(
    "span",
    { class: "links" },
    button("All", "Show every run that matches the filter", () => selection.all()),
    button("None", "Hide every run", () => selection.none()),
  );
}
