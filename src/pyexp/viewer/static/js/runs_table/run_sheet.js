// Owns the sheet with everything about one run: state, error, config, checkpoints.

import { iconButton } from "../base/buttons.js";
import { fill, h } from "../base/dom.js";
import { bytes, configValue, duration, moment } from "../base/format.js";
import { statusBadge } from "../base/status_badge.js";
import { getJson } from "../model/api.js";
import { catalog } from "../model/catalog.js";
import { view } from "../model/view.js";

/** Open the sheet of `run`; Escape or a click outside closes it. */
export async function showRun(run) {
  const body = h("div", { class: "sheet-body" }, h("p", { class: "muted" }, "Loading…"));
  const head = h(
    "header",
    { class: "sheet-head" },
    h("h2", {}, run.name),
    statusBadge(run, true),
    iconButton("close", "Close", () => dialog.close()),
  );
  const dialog = h("dialog", { class: "sheet run-sheet", "aria-label": run.name }, head, body);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  try {
    fill(body, details(await getJson("/api/run", { run: run.id }), dialog));
  } catch (error) {
    fill(body, h("p", { class: "card-note is-error" }, error.message));
  }
}

function details(run, dialog) {
  const facts = [
    ["Folder", run.folder],
    ["Batch", catalog.batches.get(run.batch)?.name],
    ["Started", moment(run.started)],
    ["Duration", duration(run.duration)],
    ["Attempts", run.attempts],
    ["Host", run.host],
    ["Process", run.pid],
    ["Exit", run.exit],
    ["Signal", run.signal],
  ].filter(([, value]) => value !== null && value !== undefined && value !== "–");
  const showLog = () => {
    dialog.close();
    view.set({ tab: "log", log: run.id });
  };
  return [
    h(
      "dl",
      { class: "facts" },
      facts.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
    ),
    run.damage > 0 ? h("p", { class: "damage-note" }, damageNote(run.damage)) : null,
    run.output ? h("p", {}, h("button", { class: "link", type: "button", onclick: showLog }, "Show its log")) : null,
    run.full_error
      ? [h("h3", {}, "Error"), h("pre", { class: "logged-text error-text", tabindex: "0" }, run.full_error)]
      : null,
    h("h3", {}, "Config"),
    h(
      "dl",
      { class: "facts config" },
      flat(run.config ?? {}).map(([key, value]) => [h("dt", {}, key), h("dd", {}, configValue(value))]),
    ),
    run.checkpoints?.length
      ? [
          h("h3", {}, "Checkpoints"),
          h(
            "dl",
            { class: "facts" },
            run.checkpoints.map(({ name, entries, bytes: size }) => [
              h("dt", {}, name),
              h("dd", {}, `${entries} × · ${bytes(size)}`),
            ]),
          ),
        ]
      : null,
  ];
}

function damageNote(count) {
  const parts = count === 1 ? "One damaged part" : `${count} damaged parts`;
  return `${parts} of its event log ${count === 1 ? "was" : "were"} skipped; everything else is shown.`;
}

/** `{a: {b: 1}}` as `[["a.b", 1]]`. */
function flat(config, prefix = "") {
  return Object.entries(config).flatMap(([key, value]) =>
    value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length > 0
      ? flat(value, `${prefix}${key}.`)
      : [[prefix + key, value]],
  );
}
