// Owns the rows of the runs panel: a batch with its status bar, a run with its switch.

import { h, setCss } from "../base/dom.js";
import { duration, moment } from "../base/format.js";
import { icon } from "../base/icons.js";
import { oddBadge, statusBadge, statusBar } from "../base/status_badge.js";
import { elapsed } from "../model/catalog.js";
import { colourOf, dashOf } from "../model/colours.js";
import { oddities } from "../model/oddities.js";
import { selection } from "../model/selection.js";

/** Make the row of a batch with its runs that pass the filter; `flip(event)` opens or closes it. */
export function batchRow(batch, passing, isOpen, flip) {
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

let flipped = null; // the run that was switched last: a range begins there

/** Switch a run; with `isRange` all from the one before to it. */
function flipRange(run, isOn, isRange) {
  const runs = selection.passing();
  const [from, to] = [flipped, run.id].map((id) => runs.findIndex((other) => other.id === id));
  const range = isRange && from >= 0 ? runs.slice(Math.min(from, to), Math.max(from, to) + 1) : [run];
  flipped = run.id;
  selection.toggle(range, isOn);
}

/** Make the row of a run; `name` is an element. */
export function runRow(run, name) {
  const isOn = selection.isOn(run);
  const box = h("input", {
    type: "checkbox",
    tabindex: "-1",
    class: "box run-box",
    "aria-label": `Show ${run.name}`,
    onclick: (event) => flipRange(run, !isOn, event.shiftKey),
  });
  box.checked = isOn;
  setCss(box, { "--run-colour": colourOf(run) });
  box.dataset.dash = dashOf(run);
  const details = [
    run.name,
    run.status,
    run.started ? `started ${moment(run.started)}, ${duration(elapsed(run))}` : null,
    run.error,
    ...oddities.of(run.id),
  ]
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
    h("label", { class: "run-label" }, box, name),
    h("button", { class: "link only", type: "button", tabindex: "-1", onclick: () => selection.only([run]) }, "only"),
    oddBadge(oddities.of(run.id)),
    statusBadge(run),
  );
}
