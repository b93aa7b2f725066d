// Owns the sheet of keyboard shortcuts.

import { h } from "./base/dom.js";

const SHORTCUTS = [
  [["1 – 8"], "Go to a tab"],
  [["/"], "Filter the runs"],
  [["t"], "Filter the tags"],
  [["b"], "Show or hide the runs panel"],
  [["x"], "Change the x-axis: step, relative, wall"],
  [["d"], "Switch between dark and light"],
  [["?"], "Show these shortcuts"],
  [["←", "→"], "In a chart: read the values point by point"],
  [["↑", "↓", "Space"], "In the runs panel: move, show or hide a run"],
  [["o"], "In the runs panel: show only this run"],
  [["Esc"], "Close what is open; in a chart, reset the zoom"],
];

/** Show the sheet of shortcuts; Escape or a click outside closes it. */
export function showHelp() {
  const dialog = h(
    "dialog",
    { class: "sheet", "aria-label": "Keyboard shortcuts" },
    h("h2", {}, "Keyboard"),
    h(
      "dl",
      { class: "shortcuts" },
      SHORTCUTS.map(([keys, text]) => [
        h(
          "dt",
          {},
          keys.map((key) => h("kbd", {}, key)),
        ),
        h("dd", {}, text),
      ]),
    ),
    h("button", { class: "button", type: "button", onclick: () => dialog.close() }, "Close"),
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
