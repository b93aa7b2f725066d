// Owns the workspace once the catalogue is there: shell, the tab that is shown, what is kept current.

import { guardWorkspace, useToken } from "./access.js";
import { loadPlotly } from "./base/plotly.js";
import { startKeyboard } from "./keyboard.js";
import { catalog } from "./model/catalog.js";
import { live } from "./model/live.js";
import { tags } from "./model/tags.js";
import { view } from "./model/view.js";
import { ScrollPlaces } from "./scroll_places.js";
import { buildShell } from "./shell.js";
import { TABS } from "./tabs/tab_list.js";

loadPlotly().catch(() => {}); // begins to load at once; a chart that needs it says when it fails

/** Fill `app`; returns `{use(token)}`, which continues with another token if the server accepts it. */
export function showWorkspace(app) {
  const content = buildShell(app);
  let ending = () => {};
  let shown = null;
  const places = new ScrollPlaces(content, () => shown);
  const show = () => {
    const tab = TABS.find(({ name }) => name === view.get("tab")) ?? TABS[0];
    if (tab.name === shown) return;
    shown = tab.name;
    ending();
    content.replaceChildren();
    content.setAttribute("aria-labelledby", `tab-${tab.name}`);
    ending = tab.mount(content);
    places.restore(tab.name);
    live.changed();
  };
  view.on("tab", show);
  addEventListener("popstate", closeSheets);
  guardWorkspace();
  follow();
  show();
  startKeyboard();
  return { use: useToken };
}

/** Going back leaves what lies over the page. */
function closeSheets() {
  for (const dialog of document.querySelectorAll("dialog[open]")) /** @type {HTMLDialogElement} */ (dialog).close();
}

function follow() {
  live.provide("catalog", () => catalog.rev);
  live.provide("epoch", () => catalog.epoch);
  live.provide("tags", tagsLookedAt);
  live.on("hello", (message) => {
    if (message.epoch !== catalog.epoch) catalog.load().catch(() => {}); // the next hello tries again
  });
  live.on("catalog", (message) => {
    if (message.reload)
      catalog
        .load()
        .then(() => live.changed())
        .catch(() => {});
    else catalog.apply(message);
    live.changed();
  });
  live.on("tags", () => tags.error || tags.load()); // after an error the user or a reconnect tries again
  live.on("status", (status) => {
    if (status === "open" && tags.error) tags.load();
  });
  tags.on("change", () => live.changed());
  live.connect();
  live.watch();
}

function tagsLookedAt() {
  const runs = tags.runs();
  return tags.isLoaded && runs.length > 0 ? { runs, rev: tags.rev } : null;
}
