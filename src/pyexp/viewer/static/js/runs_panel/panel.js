// Owns the runs panel: the tree of batches and runs, their status, the filter, what is switched on.

import { catalog } from "../model/catalog.js";
import { colourOf } from "../model/colours.js";
import { debounced, fill, h, setCss, setText, settle, throttled } from "../base/dom.js";
import { moment } from "../base/format.js";
import { highlight } from "../model/highlight.js";
import { icon } from "../base/icons.js";
import { nameElement } from "../base/cut_name.js";
import { panelEdge } from "./panel_width.js";
import { selection } from "../model/selection.js";
import { view } from "../model/view.js";
import { statusBadge, statusBar } from "../base/status_badge.js";

const FIRST_ROWS = 100; // of one batch, until "show more" is asked for
const OPEN_BATCHES = 5;

const opened = new Map(); // batch id -> whether the user opened or closed it
const rowsShown = new Map();

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
    setText(problem, selection.filterError ?? (selection.isCut ? "Only the first 1,000 of these are looked at." : ""));
  }, 120);
  selection.on("update", draw);
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

function filterField() {
  const input = h("input", {
    class: "field runs-filter",
    type: "search",
    placeholder: "Filter runs (regex)",
    "aria-label": "Filter runs by a regular expression",
    title: "Names, states such as failed, and configs such as lr=0.1",
    spellcheck: "false",
    autocomplete: "off",
    value: view.get("q"),
  });
  input.addEventListener(
    "input",
    debounced(() => view.set({ q: input.value }), 120),
  );
  input.addEventListener("keydown", (event) => event.key === "Escape" && input.blur());
  view.on("q", (text) => document.activeElement === input || (input.value = text));
  return h("label", { class: "search" }, icon("search"), input);
}

function tools() {
  const button = (label, title, onclick) => h("button", { class: "link", type: "button", title, onclick }, label);
  return h(
    "span",
    { class: "links" },
    button("All", "Switch on every run that passes the filter", () => selection.all()),
    button("None", "Switch every run off", () => selection.none()),
  );
}

/** Draw the tree; rows that look as before are left as they are, with their hover and focus. */
function drawTree(tree) {
  const focused = document.activeElement?.closest?.(".tree [role=treeitem]")?.dataset.key;
  const before = new Map([...tree.querySelectorAll("[data-part]")].map((part) => [part.dataset.part, part]));
  const entries = catalog
    .tree()
    .map(({ batch, runs }) => ({ batch, runs, passing: runs.filter((run) => selection.passes(run)) }));
  const visible = entries.filter(({ passing, runs }) => passing.length > 0 || (runs.length === 0 && !view.get("q")));
  const isLone = entries.length === 1;
  settle(
    tree,
    visible.map((entry, index) => batchNode(before, entry, index, isLone)),
  );
  if (visible.length === 0)
    fill(tree, h("p", { class: "tree-empty" }, catalog.runs.size ? "No run passes this filter." : "No runs yet."));
  const items = [...tree.querySelectorAll("[role=treeitem]")];
  const current = items.find((item) => item.dataset.key === focused) ?? items[0];
  for (const item of items) item.tabIndex = item === current ? 0 : -1;
  if (focused && current?.dataset.key === focused && !current.contains(document.activeElement))
    current.focus({ preventScroll: true });
}

/** The part called `part`, made anew only when its `sign` (what its look depends on) has changed. */
function kept(before, part, sign, make) {
  const old = before.get(part);
  if (old?.dataset.sign === sign) return old;
  const fresh = make();
  Object.assign(fresh.dataset, { part, sign });
  return fresh;
}

function batchNode(before, { batch, passing }, index, isLone) {
  const isOpen = opened.get(batch.id) ?? (isLone || Boolean(view.get("q")) || batch.live || index < OPEN_BATCHES);
  const limit = rowsShown.get(batch.id) ?? FIRST_ROWS;
  const more = passing.length - limit;
  const node = kept(before, `batch${batch.id}`, "", () => h("div", { class: "batch", role: "group" }));
  const states = passing.map((run) => `${run.status}${selection.isOn(run)}`).join();
  const parts = [
    kept(before, `head${batch.id}`, `${isOpen} ${states} ${JSON.stringify(batch)}`, () =>
      batchRow(batch, passing, isOpen),
    ),
  ];
  if (isOpen)
    parts.push(
      ...passing
        .slice(0, limit)
        .map((run) => kept(before, `run${run.id}`, `${selection.isOn(run)} ${JSON.stringify(run)}`, () => runRow(run))),
    );
  if (isOpen && more > 0)
    parts.push(
      kept(before, `more${batch.id}`, `${limit} ${passing.length}`, () => moreButton(batch, limit, passing.length)),
    );
  settle(node, parts);
  return node;
}

function moreButton(batch, limit, total) {
  const show = (event) => {
    rowsShown.set(batch.id, limit * 4);
    redraw(event.target);
  };
  return h(
    "button",
    { class: "link more", type: "button", onclick: show },
    `Show ${Math.min(total - limit, limit * 3)} more of ${total}`,
  );
}

function batchRow(batch, passing, isOpen) {
  const flip = (event) => {
    opened.set(batch.id, !isOpen);
    redraw(event.target);
  };
  return h(
    "div",
    {
      class: "batch-row",
      role: "treeitem",
      tabindex: "-1",
      "aria-expanded": String(isOpen),
      data: { key: `b${batch.id}` },
      onfold: flip,
      title: batch.name,
    },
    h(
      "button",
      {
        class: `fold ${isOpen ? "is-open" : ""}`,
        type: "button",
        tabindex: "-1",
        "aria-label": isOpen ? "Collapse" : "Expand",
        onclick: flip,
      },
      icon("chevron"),
    ),
    batchBox(batch, passing),
    h(
      "span",
      { class: "batch-name", onclick: flip },
      batch.experiment ?? batch.name,
      h("small", {}, batch.timestamp ? stamp(batch.timestamp) : ""),
    ),
    statusBar(passing, batch),
  );
}

function stamp(timestamp) {
  const parts = timestamp.match(/^(\d{4})-(\d\d)-(\d\d)_(\d\d)-(\d\d)-(\d\d)(.*)$/);
  return parts
    ? `${parts[1]}-${parts[2]}-${parts[3]} ${parts[4]}:${parts[5]}:${parts[6]}${parts[7].replace("_", " #")}`
    : timestamp;
}

function redraw(target) {
  target.closest(".tree").dispatchEvent(new Event("toggled"));
}

function batchBox(batch, runs) {
  const on = runs.filter((run) => selection.isOn(run)).length;
  const box = h("input", {
    type: "checkbox",
    tabindex: "-1",
    class: "box",
    "aria-label": `All runs of ${batch.name}`,
    onchange: () => selection.toggle(runs, on < runs.length),
  });
  box.checked = on > 0 && on === runs.length;
  box.indeterminate = on > 0 && on < runs.length;
  return box;
}

function runRow(run) {
  const isOn = selection.isOn(run);
  const box = h("input", {
    type: "checkbox",
    tabindex: "-1",
    class: "box run-box",
    "aria-label": `Show ${run.name}`,
    onchange: () => selection.toggle([run], !isOn),
  });
  box.checked = isOn;
  setCss(box, { "--run-colour": colourOf(run) });
  const details = [run.name, run.status, run.started ? `started ${moment(run.started)}` : null, run.error]
    .filter(Boolean)
    .join("\n");
  return h(
    "div",
    {
      class: "run-row",
      role: "treeitem",
      tabindex: "-1",
      "aria-selected": String(isOn),
      data: { key: `r${run.id}`, run: run.id },
      title: details,
    },
    h("label", { class: "run-label" }, box, nameElement(run.name, "run-name")),
    h("button", { class: "link only", type: "button", tabindex: "-1", onclick: () => selection.only([run]) }, "only"),
    statusBadge(run),
  );
}

function moveInTree(event, tree) {
  const items = [...tree.querySelectorAll("[role=treeitem]")];
  const item = event.target.closest("[role=treeitem]");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const fold = { ArrowLeft: "true", ArrowRight: "false" }[event.key];
  if (step) {
    const next = items[items.indexOf(item) + step];
    if (next) {
      item.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    }
  } else if (fold && item.getAttribute("aria-expanded") === fold) {
    item.dispatchEvent(new Event("fold"));
  } else if (event.key === " " && event.target === item) {
    item.querySelector(".box").click();
  } else if (event.key === "o" && item.dataset.run) {
    selection.only([catalog.run(Number(item.dataset.run))]);
  } else {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}
