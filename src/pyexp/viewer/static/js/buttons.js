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

/** One of several: `options` are `[value, label, title]`; the caller tells changes by `show(value)`. */
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

/** A labelled check box. */
export function check(label, isOn, toggle, title = null) {
  const box = h("input", { type: "checkbox", class: "box", onchange: () => toggle(box.checked) });
  box.checked = isOn;
  return h("label", { class: "check", title }, box, label);
}

/** A button that opens a short list of actions: `items` are `[label, action]`. */
export function menuButton(name, label, items) {
  const menu = h("div", { class: "menu", role: "menu" });
  const button = iconButton(name, label, () => flip(), { "aria-haspopup": "menu", "aria-expanded": "false" });
  const root = h("div", { class: "menu-root" }, button, menu);
  const close = (event) => {
    if (event.type === "pointerdown" && root.contains(event.target)) return;
    if (event.type === "keydown" && event.key !== "Escape") return;
    flip(false);
  };
  const flip = (isOpen = !root.classList.contains("is-open")) => {
    root.classList.toggle("is-open", isOpen);
    button.setAttribute("aria-expanded", String(isOpen));
    const change = isOpen ? addEventListener : removeEventListener;
    change("pointerdown", close);
    change("keydown", close);
    if (isOpen) menu.firstElementChild.focus();
    else if (menu.contains(document.activeElement)) button.focus();
  };
  menu.append(
    ...items.map(([text, action]) =>
      h(
        "button",
        { type: "button", role: "menuitem", class: "menu-item", onclick: () => (flip(false), action()) },
        text,
      ),
    ),
  );
  return root;
}
