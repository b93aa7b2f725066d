// Owns what a tab shows while there is no run to show.

import { emptyPlaceholder } from "../base/placeholders.js";
import { catalog } from "../model/catalog.js";
import { selection } from "../model/selection.js";
import { view } from "../model/view.js";

/** Say why there is no run to show; null when there is one. */
export function noRuns() {
  if (catalog.runs.size === 0) {
    return emptyPlaceholder(
      "Waiting for the first run",
      `Nothing has been logged in ${catalog.root || "this folder"} yet. Runs appear here as they start.`,
    );
  }
  if (selection.chosen.length > 0) return null;
  const isFiltered = selection.passing().length === 0;
  if (isFiltered)
    return emptyPlaceholder("No run matches the filter", "Names, statuses and configs were searched.", {
      actions: [["Clear the filter", () => view.set({ q: "" })]],
    });
  return emptyPlaceholder("No runs are shown", "Choose runs in the panel on the left, or show the first twenty.", {
    actions: [
      ["First twenty", () => view.set({ base: "auto", flip: [] })],
      ["All", () => selection.all()],
    ],
  });
}
