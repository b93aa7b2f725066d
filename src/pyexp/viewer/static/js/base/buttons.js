// @ts-check
// Owns the small controls that every tab uses: icon buttons, switches, segmented choices, menus.

import { h } from "./dom.js";
import { icon } from "./icons.js";

const ARROWS = new Map([
  ["ArrowLeft", -1],
  ["ArrowRight", 1],
]);

/**
 * @typedef {[value: string, label: string, title?: string]} Option
 */

/**
 * @param {import("./icons.js").IconName} name
 * @param {string} label
 * @param {() => void} onclick
 * @param {import("./dom.js").Props} props
 */
export function iconButton(name, label, onclick, props = {}) {
  return h(
    "button",
    { class: "icon-button", type: "button", "aria-label": label, title: label, onclick, ...props },
    icon(name),
  );
}

/**
 * Make a choice of one of several. `show(value)` marks the current one; `refuse(why)` disables all of them for a
 * reason, `refuse(null)` enables them again.
 *
 * @param {string} label
 * @param {Option[]} options
 * @param {string} current
 * @param {(value: string) => void} choose
 */
export function segmented(label, options, current, choose) {
  const buttons = options.map(([value, text, title]) =>
    h("button", { class: "segment", type: "button", role: "radio", title, value, onclick: () => choose(value) }, text),
  );
  const group = h("div", { class: "segmented", role: "radiogroup", "aria-label": label }, buttons);
  /** @param {string} value */
  const show = (value) => {
    for (const button of buttons) {
      const isCurrent = button.value === value;
      button.setAttribute("aria-checked", String(isCurrent));
      button.tabIndex = isCurrent ? 0 : -1;
    }
  };
  /** @param {string | null} why */
  const refuse = (why) => {
    buttons.forEach((button, i) => {
      button.disabled = why !== null;
      button.title = why ?? options[i][2] ?? "";
    });
  };
  group.addEventListener("keydown", (event) => {
    const step = ARROWS.get(event.key);
    if (!step) return;
    event.preventDefault();
    const at = buttons.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    const next = buttons[(at + step + buttons.length) % buttons.length];
    next.click();
    next.focus();
  });
  show(current);
  return Object.assign(group, { show, refuse });
}

/**
 * Make switches for any of several, at least one; `change` gets the values that are on, in their order.
 *
 * @param {string} label
 * @param {Option[]} options
 * @param {string[]} current
 * @param {(values: string[]) => void} change
 */
export function switches(label, options, current, change) {
  /** @type {(button: HTMLButtonElement) => boolean} */
  const isOn = (button) => button.getAttribute("aria-pressed") === "true";
  /** @type {(button: HTMLButtonElement) => void} */
  const flip = (button) => {
    const on = buttons.filter((other) => isOn(other) !== (other === button)).map((other) => other.value);
    if (on.length > 0) change(on);
  };
  const buttons = options.map(([value, text, title]) => {
    const button = h("button", { class: "segment", type: "button", title, value }, text);
    button.addEventListener("click", () => flip(button));
    return button;
  });
  const group = h("div", { class: "segmented", role: "group", "aria-label": label }, buttons);
  /** @param {string[]} values */
  const show = (values) => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(values.includes(button.value)));
  };
  show(current);
  return Object.assign(group, { show });
}

/**
 * Make a labelled check box.
 *
 * @param {string} label
 * @param {boolean} isOn
 * @param {(isOn: boolean) => void} toggle
 * @param {string | null} title
 */
export function check(label, isOn, toggle, title = null) {
  const box = h("input", { type: "checkbox", class: "box", onchange: () => toggle(box.checked) });
  box.checked = isOn;
  return h("label", { class: "check", title }, box, label);
}

/**
 * Make a button that opens a short list of actions; arrow keys move in it.
 *
 * @param {import("./icons.js").IconName} name
 * @param {string} label
 * @param {[label: string, action: () => void][]} items
 */
export function menuButton(name, label, items) {
  const menu = h("div", { class: "menu", role: "menu", "aria-label": label });
  const button = iconButton(name, label, () => flip(), { "aria-haspopup": "menu", "aria-expanded": "false" });
  const root = h("div", { class: "menu-root" }, button, menu);
  /** @param {Event} event */
  const closeOutside = ({ target }) => {
    if (!(target instanceof Node && root.contains(target))) flip(false);
  };
  const flip = (isOpen = !root.classList.contains("is-open")) => {
    const hadFocus = menu.contains(document.activeElement);
    root.classList.toggle("is-open", isOpen);
    button.setAttribute("aria-expanded", String(isOpen));
    const change = isOpen ? addEventListener : removeEventListener;
    change("pointerdown", closeOutside);
    change("focusin", closeOutside);
    if (isOpen) menu.querySelector("button")?.focus();
    else if (hadFocus) button.focus();
  };
  menu.append(
    ...items.map(([text, action]) =>
      menuItem(text, () => {
        flip(false);
        action();
      }),
    ),
  );
  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && root.classList.contains("is-open")) flip(false);
    else if (event.target === button && event.key === "ArrowDown") flip(true);
    else if (!moveInMenu(event, menu)) return;
    event.preventDefault();
    event.stopPropagation();
  });
  return root;
}

/**
 * @param {string} text
 * @param {() => void} onclick
 */
function menuItem(text, onclick) {
  return h("button", { type: "button", role: "menuitem", class: "menu-item", tabindex: "-1", onclick }, text);
}

/**
 * Move the focus as the arrow keys say; returns false for other keys.
 *
 * @param {KeyboardEvent} event
 * @param {HTMLElement} menu
 */
function moveInMenu({ key, target }, menu) {
  const items = [...menu.querySelectorAll("button")];
  const at = items.indexOf(/** @type {HTMLButtonElement} */ (target));
  const next = new Map([
    ["ArrowDown", at + 1],
    ["ArrowUp", at - 1],
    ["Home", 0],
    ["End", -1],
  ]).get(key);
  if (at < 0 || next === undefined) return false;
  items.at(next % items.length)?.focus();
  return true;
}
