// Owns the page's start: token, catalogue, shell, the tab that is shown. Each tab is a module
// with `mount(root)` that returns what ends it.

import { keepToken, takeToken } from "./api.js";
import { catalog } from "./catalog.js";
import { fill, h } from "./dom.js";
import { startKeyboard } from "./keyboard.js";
import { live } from "./live.js";
import { buildShell } from "./shell.js";
import { errorState, loadingState, tokenState } from "./states.js";
import { view } from "./state.js";
import { TABS } from "./tabs.js";
import { tags } from "./tags.js";

const app = document.getElementById("app");

async function start() {
  takeToken();
  view.load();
  fill(app, h("main", { class: "lone" }, loadingState("Looking for runs…")));
  try {
    await catalog.load();
  } catch (error) {
    showRefusal(error);
    return;
  }
  showWorkspace();
}

function showRefusal(error) {
  app.removeAttribute("aria-busy");
  const again = () => location.reload(); // the token is kept for this tab, the view is in the address
  const content = error.status === 401 ? tokenState((given) => (keepToken(given), again())) : errorState(error, again);
  fill(app, h("main", { class: "lone" }, content));
}

function showWorkspace() {
  app.removeAttribute("aria-busy");
  const content = buildShell(app);
  let ending = () => {};
  let shown = null;
  const show = () => {
    const tab = TABS.find(({ name }) => name === view.get("tab")) ?? TABS[0];
    if (tab.name === shown) return;
    shown = tab.name;
    ending();
    content.replaceChildren();
    content.scrollTop = 0;
    content.setAttribute("aria-labelledby", `tab-${tab.name}`);
    ending = tab.mount(content);
    live.changed();
  };
  view.on("tab", show);
  follow();
  show();
  startKeyboard();
}

function follow() {
  live.provide("catalog", () => catalog.rev);
  live.provide("epoch", () => catalog.epoch);
  live.provide("tags", tagsLookedAt);
  live.on("hello", (message) => {
    if (message.epoch !== catalog.epoch) catalog.load().catch(() => {}); // the next hello tries again
  });
  live.on("catalog", (message) => {
    if (message.reload) catalog.load().then(() => live.changed()).catch(() => {});
    else catalog.apply(message);
    live.changed();
  });
  live.on("tags", () => tags.error || tags.load()); // after an error the user or a reconnect tries again
  live.on("status", (status) => {
    if (status === "refused") showRefusal({ status: 401 });
    if (status === "open" && tags.error) tags.load();
  });
  tags.on("change", () => live.changed());
  live.connect();
}

function tagsLookedAt() {
  const runs = tags.runs();
  return runs.length > 0 ? { runs, rev: tags.rev } : null;
}

start();
