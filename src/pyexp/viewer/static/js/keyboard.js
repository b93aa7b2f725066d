// Owns the keyboard shortcuts that hold on the whole page; `help.js` lists them.

import { theme } from "./base/theme.js";
import { showHelp } from "./help.js";
import { isGrouped } from "./model/grouping.js";
import { view } from "./model/view.js";
import { toggleDrawer } from "./runs_panel/drawer.js";

const AXES = ["step", "relative", "wall"];
const ACTIONS = {
  "/": () => focusOn(".runs-filter", true),
  t: () => focusOn(".tags-filter", false),
  b: () => toggleDrawer(),
  x: nextAxis,
  d: () => theme.toggle(),
  "?": showHelp,
};

export function startKeyboard() {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if (document.querySelector("dialog:modal")) return; // a dialog has the keys
    if (event.key === "Escape") toggleDrawerClosed();
    const tab = /^[1-8]$/.test(event.key) ? document.querySelectorAll(".tab")[Number(event.key) - 1] : null;
    const action = tab ? () => tab.click() : ACTIONS[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

function toggleDrawerClosed() {
  document.getElementById("app").classList.remove("drawer-open");
}

function isTyping(target) {
  return (
    target.isContentEditable ||
    ["TEXTAREA", "SELECT"].includes(target.tagName) ||
    (target.tagName === "INPUT" && !["checkbox", "range"].includes(target.type)) ||
    Boolean(target.closest?.(".live-figure"))
  );
}

function focusOn(selector, isInPanel) {
  if (isInPanel) toggleDrawer(true);
  document.querySelector(selector)?.focus();
}

function nextAxis() {
  if (isGrouped()) return; // bands are over steps
  view.set({ x: AXES[(AXES.indexOf(view.get("x")) + 1) % AXES.length], zoom: {} });
}
