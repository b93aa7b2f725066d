// Owns the small controls that every tab uses: icon buttons, switches, segmented choices, menus.

import { h } from "./dom.js";
import { icon } from "./icons.js";

export function iconButton(name, label, onclick, props = {}) {
  return h(
    "button",
    { class: "icon-button", type: "button", "aria-label": label, title: label, onclick, ...props },
    icon(name),
  );
}

/**
 * One of several: `options` are `[value, label, title]`; the caller shows changes by `show(value)`, and says by `refuse(why)` that nothing
 * can be chosen now (null: it can).
 */
export function segmented(label, options, current, choose) {
  const buttons = options.map(([value, text, title]) =>
    h(
      "button",
      { class: "segment", type: "button", role: "radio", title, data: { value }, onclick: () => choose(value) },
      text,
    ),
  );
  const group = h("div", { class: "segmented", role: "radiogroup", "aria-label": label }, buttons);
  group.show = (value) => {
    for (const button of buttons) {
      const isCurrent = button.dataset.value === value;
      button.setAttribute("aria-checked", String(isCurrent));
      button.tabIndex = isCurrent ? 0 : -1;
    }
  };
  group.refuse = (why) => {
    buttons.forEach((button, i) => {
      button.disabled = why !== null;
      button.title = why ?? options[i][2] ?? "";
    });
  };
  group.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = buttons[(buttons.indexOf(event.target) + step + buttons.length) % buttons.length];
    next.click();
    next.focus();
  });
  group.show(current);
  return group;
}

/** Any of several, at least one: `options` as for `segmented`; `change` gets the values that are on, in their order. */
export function switches(label, options, current, change) {
  const isOn = (button) => button.getAttribute("aria-pressed") === "true";
  const flip = (button) => {
    const on = buttons.filter((other) => isOn(other) !== (other === button)).map((other) => other.dataset.value);
    if (on.length > 0) change(on);
  };
  const buttons = options.map(([value, text, title]) => {
    const button = h("button", { class: "segment", type: "button", title, data: { value } }, text);
    button.addEventListener("click", () => flip(button));
    return button;
  });
  const group = h("div", { class: "segmented", role: "group", "aria-label": label }, buttons);
  group.show = (values) => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(values.includes(button.dataset.value)));
  };
  group.show(current);
  return group;
}

/** A labelled check box. */
export function check(label, isOn, toggle, title = null) {
  const box = h("input", { type: "checkbox", class: "box", onchange: () => toggle(box.checked) });
  box.checked = isOn;
  return h("label", { class: "check", title }, box, label);
}

/** A button that opens a short list of actions: `items` are `[label, action]`; arrow keys move in it. */
export function menuButton(name, label, items) {
  const menu = h("div", { class: "menu", role: "menu", "aria-label": label });
  const button = iconButton(name, label, () => flip(), { "aria-haspopup": "menu", "aria-expanded": "false" });
  const root = h("div", { class: "menu-root" }, button, menu);
  const closeOutside = (event) => root.contains(event.target) || flip(false);
  const flip = (isOpen = !root.classList.contains("is-open")) => {
    const hadFocus = menu.contains(document.activeElement);
    root.classList.toggle("is-open", isOpen);
    button.setAttribute("aria-expanded", String(isOpen));
    const change = isOpen ? addEventListener : removeEventListener;
    change("pointerdown", closeOutside);
    change("focusin", closeOutside);
    if (isOpen) menu.firstElementChild.focus();
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

function menuItem(text, onclick) {
  return h("button", { type: "button", role: "menuitem", class: "menu-item", tabindex: "-1", onclick }, text);
}

/** Move the focus as the arrow keys say; false for other keys. */
function moveInMenu({ key, target }, menu) {
  const items = [...menu.children];
  const at = items.indexOf(target);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[key];
  if (at < 0 || next === undefined) return false;
  items.at(next % items.length).focus();
  return true;
}
