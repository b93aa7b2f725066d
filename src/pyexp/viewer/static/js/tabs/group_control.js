// Owns the choice of the config keys to group by: any set of them, or all but one.

import { check } from "../base/buttons.js";
import { fill, h, setText } from "../base/dom.js";
import { joinStops } from "../base/emitter.js";
import { icon } from "../base/icons.js";
import { isDropped, Latest } from "../base/latest.js";
import { getJson } from "../model/api.js";
import { configs } from "../model/configs.js";
import { groupOrder, groupTitle, isGrouped } from "../model/grouping.js";
import { selection } from "../model/selection.js";
import { view } from "../model/view.js";

const MOST_KEYS = 100;

/** The control; returns `[element, stop]`. Keys that differ between the runs that pass the filter are offered. */
export function groupControl() {
  const current = h("span", { class: "group-current" });
  const button = h(
    "button",
    { class: "field select", type: "button", "aria-haspopup": "dialog" },
    current,
    icon("chevron"),
  );
  const menu = h("div", { class: "menu group-menu", role: "dialog", "aria-label": "Group by" });
  const root = h("div", { class: "control menu-root group-control" }, "Group by", button, menu);
  const latest = new Latest();
  let keys = [];
  const show = () => {
    root.hidden = keys.length === 0 && !isGrouped();
    const text = isGrouped() ? groupTitle() : "none";
    setText(current, text);
    button.setAttribute("aria-label", `Group runs by config keys: ${text}`);
    button.title = isGrouped() ? groupTitle() : "";
    fillMenu(menu, [...new Set([...keys, ...view.get("group")])]);
  };
  const load = async () => {
    const runs = selection
      .passing()
      .map((run) => run.id)
      .join();
    if (runs === load.asked) return;
    load.asked = runs;
    try {
      keys = await latest.ask(async (signal) =>
        runs ? differing(await getJson("/api/configs", { runs }, signal)) : [],
      );
    } catch (error) {
      if (!isDropped(error)) load.asked = null; // the charts say it when the server is away; the keys stay as they were
      return;
    }
    show();
  };
  const stops = [
    opening(root, button, menu),
    () => latest.drop(),
    selection.on("update", load),
    view.on("group", show),
    view.on("groupbut", show),
  ];
  show();
  load();
  return [root, joinStops(stops)];
}

/** The choice of a config key that colours the lines; returns `[element, stop]`. */
export function colourControl() {
  const select = h("select", {
    class: "field select",
    "aria-label": "Colour runs by a config key",
    onchange: () => view.set({ colour: select.value }),
  });
  const root = h("label", { class: "control" }, "Colour by", select);
  let keys = [];
  const show = () => {
    const offered = [...new Set([...keys, view.get("colour")])].filter(Boolean);
    fill(
      select,
      ["", ...offered].map((key) => h("option", { value: key }, key || "run")),
    );
    select.value = view.get("colour");
    root.hidden = offered.length === 0 || isGrouped();
  };
  const load = () => {
    const found = configs.differing();
    if (found.join() === keys.join()) return;
    keys = found.slice(0, MOST_KEYS);
    show();
  };
  configs.load();
  const stops = [
    configs.on("change", load),
    selection.on("update", () => configs.load()), // of runs that have come since
    view.on("colour", show),
    view.on("group", show),
  ];
  load();
  show();
  return [root, joinStops(stops)];
}

function differing({ keys }) {
  const differ = keys.filter((key) => key.differs);
  return (differ.length > 0 ? differ : keys).map(({ key }) => key).slice(0, MOST_KEYS);
}

/** Open the menu with the button; Escape and a press elsewhere close it. Returns what stops it. */
function opening(root, button, menu) {
  const flip = (isOpen) => {
    root.classList.toggle("is-open", isOpen);
    button.setAttribute("aria-expanded", String(isOpen));
  };
  const closeOutside = ({ target }) => root.contains(target) || flip(false);
  flip(false);
  button.addEventListener("click", () => {
    flip(!root.classList.contains("is-open"));
    menu.querySelector("input, button")?.focus();
  });
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !root.classList.contains("is-open")) return;
    event.stopPropagation();
    flip(false);
    button.focus();
  });
  addEventListener("pointerdown", closeOutside);
  return () => removeEventListener("pointerdown", closeOutside);
}

function fillMenu(menu, keys) {
  const focused = menu.contains(document.activeElement) ? document.activeElement.dataset.focus : null;
  const isBut = view.get("groupbut");
  const chosen = isBut ? keys.filter((key) => !view.get("group").includes(key)) : view.get("group");
  const boxes = keys.map((key) => {
    const box = check(key, chosen.includes(key), (isOn) =>
      group(keys.filter((other) => (other === key ? isOn : chosen.includes(other)))),
    );
    box.querySelector("input").dataset.focus = `by ${key}`;
    return box;
  });
  const isLeftOut = (key) => isBut && view.get("group").length === 1 && view.get("group")[0] === key;
  const butOne = (key) =>
    menuItem(`all but ${key}`, isLeftOut(key), () => group(isLeftOut(key) ? [] : [key], !isLeftOut(key)));
  fill(
    menu,
    menuItem("none", !isGrouped(), () => group([])),
    boxes,
    keys.length > 1 ? keys.map(butOne) : null,
  );
  if (focused) [...menu.querySelectorAll("[data-focus]")].find((item) => item.dataset.focus === focused)?.focus();
}

function menuItem(label, isOn, onclick) {
  const props = { class: "menu-item", type: "button", "aria-pressed": String(isOn), data: { focus: label }, onclick };
  return h("button", props, label);
}

function group(keys, isBut = false) {
  groupOrder.reset();
  view.set({ group: keys, groupbut: isBut && keys.length > 0, zoom: {} });
}
