// Owns the sheet with everything about one run: state, error, config, checkpoints.

import { iconButton } from "../base/buttons.js";
import { fill, h } from "../base/dom.js";
import { bytes, configValue, duration, moment } from "../base/format.js";
import { statusBadge } from "../base/status_badge.js";
import { getJson } from "../model/api.js";
import { catalog, elapsed } from "../model/catalog.js";
import { oddities } from "../model/oddities.js";
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
    const whole = await getJson("/api/run", { run: run.id });
    oddities.take(whole.log, [run.id]);
    catalog.date(whole.log.spans);
    fill(body, details({ ...whole, ...timesOf(run.id) }, dialog));
  } catch (error) {
    fill(body, h("p", { class: "card-note is-error" }, error.message));
  }
}

function details(run, dialog) {
  const facts = [
    ["Folder", run.folder],
    ["Batch", catalog.batches.get(run.batch)?.name],
    ["Started", moment(run.started)],
    ["Duration", duration(elapsed(run))],
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
    oddities.of(run.id).map((sentence) => h("p", { class: "odd-note" }, sentence)),
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

/** The times that the catalogue has of a run: of one without a status those of its log. */
function timesOf(id) {
  const { started, finished } = catalog.run(id) ?? {};
  return { started, finished };
}

/** `{a: {b: 1}}` as `[["a.b", 1]]`. */
function flat(config, prefix = "") {
  return Object.entries(config).flatMap(([key, value]) =>
    value !== null && typeof value === "object" && !Array.isArray(value) && Object.keys(value).length > 0
      ? flat(value, `${prefix}${key}.`)
      : [[prefix + key, value]],
  );
}
