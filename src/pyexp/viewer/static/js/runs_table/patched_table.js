// Owns a table whose cells are replaced only when they look different: what is selected, focused or scrolled to stays.

import { h, settle } from "../base/dom.js";

export class PatchedTable {
  #rows = new Map(); // run id -> its row
  #head = h("tr");
  #body = h("tbody");

  /** `look` are the classes of the table. */
  constructor(look) {
    const table = h("table", { class: look }, h("thead", {}, this.#head), this.#body);
    this.element = h("div", { class: "table-scroll", tabindex: "0", role: "group", "aria-label": "Table" }, table);
  }

  /** Show the cells of the head, and rows that bear the ids of their runs. */
  show(head, rows) {
    const focused = this.element.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    patchCells(this.#head, head);
    const before = this.#rows;
    this.#rows = new Map(rows.map((row) => [row.dataset.run, patched(before.get(row.dataset.run), row)]));
    settle(this.#body, [...this.#rows.values()]);
    if (focused && !this.element.contains(document.activeElement))
      this.element.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
}

/** Return `old` with the look of `fresh`, or `fresh` when there is no old one. */
function patched(old, fresh) {
  if (!old) return fresh;
  if (old.className !== fresh.className) old.className = fresh.className;
  patchCells(old, [...fresh.children]);
  return old;
}

/** Cells belong to each other by their columns, which may come and go. */
function patchCells(row, cells) {
  const before = new Map([...row.children].map((cell) => [cell.dataset.column, cell]));
  const kept = (cell) => {
    const old = before.get(cell.dataset.column);
    return old && isSame(old, cell) ? old : cell;
  };
  settle(row, cells.map(kept));
}

function isSame(old, fresh) {
  const boxes = (cell) => [...cell.querySelectorAll("input")].map((box) => box.checked).join();
  return old.isEqualNode(fresh) && boxes(old) === boxes(fresh);
}
