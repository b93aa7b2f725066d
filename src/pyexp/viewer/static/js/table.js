// Owns the Runs tab: a sortable table of all runs that pass the filter, a run's details, the comparison of configs.

import { getJson } from "./api.js";
import { segmented } from "./buttons.js";
import { catalog } from "./catalog.js";
import { drawCompare } from "./compare.js";
import { throttled, fill, h } from "./dom.js";
import { compareCells } from "./format.js";
import { showRun } from "./run_sheet.js";
import { selection } from "./selection.js";
import { emptyState, errorState, loadingState } from "./states.js";
import { view } from "./state.js";
import { runColumns, sortMark, valueCell } from "./table_columns.js";
import { noRuns } from "./tag_tab.js";
import { tags } from "./tags.js";

const MOST_ROWS = 300;
const MOST_ASKED = 1000;
const MOST_STATS = 20;
const AGAIN_MS = 3000;
const VIEWS = [
  ["table", "Table", "One line per run"],
  ["compare", "Compare configs", "Configs side by side, only what differs"],
];
const STATS = [
  ["last", "Last", "The newest value of each scalar"],
  ["min", "Min", "The smallest"],
  ["max", "Max", "The largest"],
];

export function mountRuns(root) {
  const tab = new RunsTab(root);
  return () => tab.end();
}

class RunsTab {
  #configs = { keys: [], rows: new Map() };
  #stats = new Map(); // run id -> tag id -> row
  #limit = MOST_ROWS;
  #controller = null;
  #timer = null;
  #error = null;
  #isLoaded = false;

  constructor(root) {
    this.place = h("div", { class: "runs-table" });
    this.views = segmented("View", VIEWS, view.get("runsview"), (runsview) => view.set({ runsview }));
    this.stats = segmented("Values of scalars", STATS, view.get("stat"), (stat) => view.set({ stat }));
    root.append(
      h("div", { class: "toolbar", role: "toolbar", "aria-label": "Runs" }, this.views, this.stats),
      this.place,
    );
    const draw = throttled(() => this.#draw(), 150);
    const load = throttled(() => this.#load(), 250);
    this.stops = [
      catalog.on("change", draw),
      selection.on("update", load),
      tags.on("change", load),
      view.on("change", (changed) => this.#viewChanged(changed)),
    ];
    this.#draw();
    this.#load();
  }

  end() {
    clearTimeout(this.#timer);
    this.#controller?.abort();
    for (const stop of this.stops) stop();
    this.isEnded = true;
  }

  #viewChanged(changed) {
    if (!changed.some((key) => ["runsview", "stat", "sort", "allkeys"].includes(key))) return;
    this.views.show(view.get("runsview"));
    this.stats.show(view.get("stat"));
    this.#draw();
  }

  async #load() {
    if (this.isEnded) return;
    this.#controller?.abort();
    clearTimeout(this.#timer);
    const controller = new AbortController();
    this.#controller = controller;
    const runs = selection
      .passing()
      .slice(0, MOST_ASKED)
      .map((run) => run.id)
      .join();
    const asked = tags
      .list("scalars")
      .slice(0, MOST_STATS)
      .map((tag) => tag.id)
      .join();
    try {
      const none = { keys: [], rows: [] };
      const [configs, stats] = await Promise.all([
        runs ? getJson("/api/configs", { runs }, controller.signal) : none,
        runs && asked ? getJson("/api/stats", { tags: asked, runs }, controller.signal) : none,
      ]);
      this.#take(configs, stats);
      this.#error = null;
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#error = error;
    }
    this.#isLoaded = true;
    this.#draw();
    if (selection.passing().some((run) => run.status === "running"))
      this.#timer = setTimeout(() => this.#load(), AGAIN_MS);
  }

  #take(configs, stats) {
    this.#configs = { keys: configs.keys, rows: new Map(configs.rows.map((row) => [row.run, row.values])) };
    this.#stats = new Map();
    for (const row of stats.rows) {
      if (!this.#stats.has(row.run)) this.#stats.set(row.run, new Map());
      this.#stats.get(row.run).set(row.tag, row);
    }
  }

  #draw() {
    if (this.isEnded) return;
    const isCompare = view.get("runsview") === "compare";
    this.stats.hidden = isCompare;
    const nothing = this.#nothing(isCompare);
    if (nothing) fill(this.place, nothing);
    else if (isCompare) drawCompare(this.place, selection.chosen, this.#configs);
    else this.#drawTable();
  }

  #nothing(isCompare) {
    if (catalog.runs.size === 0 || (isCompare && selection.chosen.length === 0)) return noRuns();
    if (this.#error) return errorState(this.#error, () => this.#load());
    if (selection.passing().length === 0)
      return emptyState("No run passes the filter", "No name matches it.", {
        actions: [["Clear the filter", () => view.set({ q: "" })]],
      });
    return isCompare && !this.#isLoaded ? loadingState("Reading the configs…") : null;
  }

  #drawTable() {
    const columns = runColumns(this.#configs, this.#stats, tags.list("scalars").slice(0, MOST_STATS), view.get("stat"));
    const runs = this.#sorted(selection.passing(), columns);
    const shown = runs.slice(0, this.#limit);
    const scroll = this.place.querySelector(".table-scroll")?.scrollLeft ?? 0;
    const focused = this.place.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
    const head = h(
      "tr",
      {},
      columns.map((column) => this.#headCell(column)),
    );
    const body = shown.map((run) =>
      h(
        "tr",
        { class: selection.isOn(run) ? "" : "is-off", data: { run: run.id } },
        columns.map((column) => valueCell(column, run, () => showRun(run))),
      ),
    );
    const more =
      runs.length > shown.length
        ? h(
            "button",
            { class: "button more", type: "button", onclick: () => ((this.#limit += MOST_ROWS), this.#draw()) },
            `Show more of ${runs.length}`,
          )
        : null;
    fill(
      this.place,
      h(
        "div",
        { class: "table-scroll" },
        h("table", { class: "data runs" }, h("thead", {}, head), h("tbody", {}, body)),
      ),
      more,
    );
    this.place.querySelector(".table-scroll").scrollLeft = scroll;
    if (focused) this.place.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  #headCell(column) {
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

  #sorted(runs, columns) {
    const [key, direction] = sortMark();
    const column = columns.find((other) => other.key === key);
    if (!column) return runs;
    const sign = direction === "down" ? -1 : 1;
    const isMissing = (cell) => cell === null || cell === undefined || (typeof cell === "object" && cell.missing);
    const cells = new Map(runs.map((run) => [run, column.value(run)]));
    return [...runs].sort((a, b) => {
      const [left, right] = [cells.get(a), cells.get(b)];
      return isMissing(left) || isMissing(right) ? compareCells(left, right) : sign * compareCells(left, right);
    });
  }
}
