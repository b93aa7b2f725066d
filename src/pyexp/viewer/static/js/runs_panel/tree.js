// Owns the tree of batches and runs: which batches are open, how many rows they show, the keys that move in it.

import { fill, h, settle } from "../base/dom.js";
import { catalog } from "../model/catalog.js";
import { colourOf } from "../model/colours.js";
import { oddities } from "../model/oddities.js";
import { selection } from "../model/selection.js";
import { view } from "../model/view.js";
import { batchRow, runRow } from "./rows.js";
import { namesOf } from "./run_names.js";

const FIRST_ROWS = 100; // of one batch, until "show more" is asked for
const OPEN_BATCHES = 5;

const opened = new Map(); // batch id -> whether the user opened or closed it
const rowsShown = new Map();

/** Draw the tree; rows that look as before are left as they are, with their hover and focus. */
export function drawTree(tree) {
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
    fill(tree, h("p", { class: "tree-empty" }, catalog.runs.size ? "No run matches this filter." : "No runs yet."));
  const items = [...tree.querySelectorAll("[role=treeitem]")];
  const current = items.find((item) => item.dataset.key === focused) ?? items[0];
  for (const item of items) item.tabIndex = item === current ? 0 : -1;
  if (focused && current?.dataset.key === focused && !current.contains(document.activeElement))
    current.focus({ preventScroll: true });
}

/** Return the part called `part`, made again only when its `sign` (what its look depends on) has changed. */
function kept(before, part, sign, make) {
  const old = before.get(part);
  if (old?.dataset.sign === sign) return old;
  const fresh = make();
  Object.assign(fresh.dataset, { part, sign });
  return fresh;
}

function batchNode(before, { batch, runs, passing }, index, isLone) {
  const isOpen = opened.get(batch.id) ?? (isLone || Boolean(view.get("q")) || batch.live || index < OPEN_BATCHES);
  const flip = ({ target }) => {
    opened.set(batch.id, !isOpen);
    redraw(target);
  };
  const limit = rowsShown.get(batch.id) ?? FIRST_ROWS;
  const more = passing.length - limit;
  const node = kept(before, `batch${batch.id}`, "", () => h("div", { class: "batch", role: "group" }));
  const states = passing.map((run) => `${run.status}${selection.isOn(run)}`).join();
  const parts = [
    kept(before, `head${batch.id}`, `${isOpen} ${states} ${JSON.stringify(batch)}`, () =>
      batchRow(batch, passing, isOpen, flip),
    ),
  ];
  if (isOpen) parts.push(...runRows(before, runs, passing.slice(0, limit)));
  if (isOpen && more > 0)
    parts.push(
      kept(before, `more${batch.id}`, `${limit} ${passing.length}`, () => moreButton(batch, limit, passing.length)),
    );
  settle(node, parts);
  return node;
}

/** The rows of those of a batch's `runs` that are `shown`. */
function runRows(before, runs, shown) {
  const nameOf = namesOf(runs);
  const places = new Map(runs.map((run, at) => [run.id, at]));
  return shown.map((run) => {
    const { sign, element } = nameOf(places.get(run.id));
    const look = `${selection.isOn(run)} ${JSON.stringify(run)} ${oddities.of(run.id)} ${colourOf(run)} ${sign}`;
    return kept(before, `run${run.id}`, look, () => runRow(run, element()));
  });
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

/** Handle a key in the tree: arrows move and fold, space switches a run, "o" leaves only it. */
export function moveInTree(event, tree) {
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

function redraw(target) {
  target.closest(".tree").dispatchEvent(new Event("toggled"));
}
