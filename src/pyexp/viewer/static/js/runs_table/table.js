// Owns the Runs tab: a sortable table of all runs that pass the filter, a run's details, the comparison of configs.

import { segmented, switches } from "../base/buttons.js";
import { fill, h, setText, settle } from "../base/dom.js";
import { shortNames } from "../base/names.js";
import { emptyPlaceholder, errorPlaceholder, loadingPlaceholder } from "../base/placeholders.js";
import { later, throttled } from "../base/timing.js";
import { noRuns } from "../cards/no_runs.js";
import { catalog, signOf } from "../model/catalog.js";
import { selection } from "../model/selection.js";
import { tags } from "../model/tags.js";
import { view } from "../model/view.js";
import { headCell, sortedRuns, valueCell } from "./cells.js";
import { chosenScalars, runColumns } from "./columns.js";
import { showColumns } from "./columns_sheet.js";
import { drawCompare, MOST_COMPARED } from "./compare.js";
import { PatchedTable } from "./patched_table.js";
import { RunFacts } from "./run_facts.js";
import { showRun } from "./run_sheet.js";

const MOST_ROWS = 300;
const MOST_LETTERS = { wide: 44, narrow: 20 }; // of a name
const AGAIN_MS = 3000;
const VIEWS = [
  ["table", "Table", "One row per run"],
  ["compare", "Compare configs", "Configs side by side, only what differs"],
];
const STATS = [
  ["last", "Last", "The newest value of each scalar"],
  ["min", "Min", "The smallest value of each scalar"],
  ["max", "Max", "The largest value of each scalar"],
];

export function mountRuns(root) {
  const tab = new RunsTab(root);
  return () => tab.end();
}

class RunsTab {
  #facts = new RunFacts();
  #limit = MOST_ROWS;
  #stopWaiting = () => {};
  #sign = ""; // of the selection that was asked for last
  #error = null;
  #isLoading = false;
  #isAgain = false; // something has changed while the last answer was on its way

  constructor(root) {
    this.place = h("div", { class: "runs-table" });
    this.views = segmented("View", VIEWS, view.get("runsview"), (runsview) => view.set({ runsview }));
    this.stats = switches("Values of scalars", STATS, view.get("stat"), (stat) => view.set({ stat }));
    this.note = h("span", { class: "muted" });
    const choose = () => showColumns(this.#facts.configs);
    this.columns = h("span", { class: "columns-tools" }, this.note, button("Columns…", choose, "button"));
    root.append(
      h("div", { class: "toolbar", role: "toolbar", "aria-label": "Runs" }, this.views, this.stats, this.columns),
      this.place,
    );
    this.draw = throttled(() => this.#draw(), 150);
    this.load = throttled(() => this.#load(), 250);
    this.stops = [
      catalog.on("change", this.draw),
      selection.on("update", () => this.#selected()),
      tags.on("change", this.load),
      view.on("change", (changed) => this.#viewChanged(changed)),
    ];
    this.#draw();
    this.#load();
  }

  end() {
    this.#stopWaiting();
    for (const stop of this.stops) stop();
    this.isEnded = true;
  }

  /** Times of runs change while they log: only other runs and other states are a reason to ask. */
  #selected() {
    if (signOfSelection() === this.#sign) this.draw();
    else this.load();
  }

  #viewChanged(changed) {
    if (changed.some((key) => ["runsview", "cols"].includes(key))) this.load();
    if (!changed.some((key) => ["runsview", "cols", "stat", "sort", "allkeys"].includes(key))) return;
    this.views.show(view.get("runsview"));
    this.stats.show(view.get("stat"));
    this.#draw();
  }

  async #load() {
    if (this.isEnded) return;
    if (this.#isLoading) {
      this.#isAgain = true;
      this.#draw(); // new columns and filtered rows do not wait for slow statistics
      return;
    }
    this.#stopWaiting();
    this.#sign = signOfSelection();
    this.#isLoading = true;
    this.#isAgain = false;
    try {
      await this.#ask(view.get("runsview") === "compare");
      this.#error = null;
    } catch (error) {
      this.#error = error;
    }
    this.#isLoading = false;
    this.#draw();
    if (this.#isAgain) this.load();
    else if (selection.passing().some((run) => run.status === "running"))
      this.#stopWaiting = later(() => this.#load(), AGAIN_MS);
  }

  async #ask(isCompare) {
    const runs = isCompare ? selection.chosen.slice(0, MOST_COMPARED) : selection.passing();
    await this.#facts.loadConfigs(runs);
    this.#draw();
    if (!isCompare) await this.#facts.loadStatistics(runs, chosenScalars(), () => this.#draw());
  }

  #draw() {
    if (this.isEnded) return;
    const isCompare = view.get("runsview") === "compare";
    this.stats.hidden = isCompare;
    this.columns.hidden = isCompare;
    const [shown, all] = [chosenScalars().length, tags.list("scalars").length];
    setText(this.note, shown < all ? `${shown} of ${all} scalars have a column` : "");
    const nothing = this.#nothing(isCompare);
    if (nothing) fill(this.place, nothing);
    else if (isCompare) drawCompare(this.place, selection.chosen, this.#facts.configs);
    else this.#drawTable();
  }

  #nothing(isCompare) {
    if (catalog.runs.size === 0 || (isCompare && selection.chosen.length === 0)) return noRuns();
    if (this.#error) return errorPlaceholder(this.#error, () => this.#load());
    if (selection.passing().length === 0)
      return emptyPlaceholder("No run matches the filter", "Names, statuses and configs were searched.", {
        actions: [["Clear the filter", () => view.set({ q: "" })]],
      });
    return isCompare && !this.#facts.hasConfigs ? loadingPlaceholder("Reading the configs…") : null;
  }

  #drawTable() {
    const columns = runColumns(this.#facts);
    const runs = sortedRuns(selection.passing(), columns);
    const shown = runs.slice(0, this.#limit);
    const names = shortNames(
      shown.map((run) => run.name),
      innerWidth < 800 ? MOST_LETTERS.narrow : MOST_LETTERS.wide,
    );
    const rows = shown.map((run, i) =>
      h(
        "tr",
        { class: selection.isOn(run) ? "" : "is-off", data: { run: run.id } },
        columns.map((column) =>
          inColumn(
            column,
            valueCell(column, run, names[i], () => showRun(run)),
          ),
        ),
      ),
    );
    const showMore = () => {
      this.#limit += MOST_ROWS;
      this.#draw();
    };
    const more = runs.length > shown.length ? button(`Show more of ${runs.length}`, showMore, "button more") : null;
    if (!this.grid?.element.isConnected) this.grid = new PatchedTable("data runs");
    this.grid.show(
      columns.map((column) => inColumn(column, headCell(column))),
      rows,
    );
    settle(this.place, [this.grid.element, more].filter(Boolean));
  }
}

function signOfSelection() {
  return `${signOf(selection.passing())} ${signOf(selection.chosen)}`;
}

function inColumn({ key }, cell) {
  cell.dataset.column = key;
  return cell;
}

function button(label, onclick, look) {
  return h("button", { class: look, type: "button", onclick }, label);
}
