// Owns the frame around the tabs: header, tab list, runs panel, notices, connection state.

import { iconButton } from "./base/buttons.js";
import { fill, h, setText, settle } from "./base/dom.js";
import { icon } from "./base/icons.js";
import { theme } from "./base/theme.js";
import { showHelp } from "./help.js";
import { catalog } from "./model/catalog.js";
import { live } from "./model/live.js";
import { tags } from "./model/tags.js";
import { view } from "./model/view.js";
import { toggleDrawer } from "./runs_panel/drawer.js";
import { buildRunsPanel } from "./runs_panel/panel.js";
import { TABS } from "./tabs/tab_list.js";

const CONNECTION = {
  connecting: ["Connecting…", "waiting", ""],
  open: ["Live", "open", "New points appear as they are logged."],
  lost: ["Reconnecting…", "lost", "The server does not answer. The page keeps trying; click to try now."],
  refused: ["No access", "lost", "The viewer requires a token; click to enter it."],
};

/** Build the frame into `app`; returns the element that the tabs fill. */
export function buildShell(app) {
  const content = h("div", { class: "content", id: "content", role: "tabpanel", tabindex: "-1" });
  const panel = buildRunsPanel();
  const shade = h("div", { class: "shade", onclick: () => toggleDrawer(false) });
  fill(
    app,
    h("a", { class: "skip", href: "#content", onclick: skip }, "Skip to content"),
    header(),
    panel,
    shade,
    h("main", { class: "workspace" }, notices(), content),
  );
  return content;
}

function skip(event) {
  event.preventDefault(); // the fragment is the view's
  document.getElementById("content").focus();
}

function header() {
  const root = h("span", { class: "root" });
  const show = () => {
    setText(root, catalog.root);
    document.title = catalog.root ? `${catalog.root} · pyexp` : "pyexp";
  };
  catalog.on("change", show);
  show();
  return h(
    "header",
    { class: "header" },
    iconButton("menu", "Runs panel", () => toggleDrawer(), {
      class: "icon-button drawer-button",
      "aria-expanded": "true",
      "aria-controls": "runs-panel",
    }),
    h("h1", { class: "brand" }, h("span", { class: "wordmark" }, "pyexp"), root),
    tabList(),
    h("div", { class: "header-end" }, connection(), themeButton(), iconButton("help", "Keyboard shortcuts", showHelp)),
  );
}

/** The list of tabs; those that stay are left as they are, with their focus. */
function tabList() {
  const list = h("div", { class: "tabs", role: "tablist", "aria-label": "Views" });
  const buttons = new Map(TABS.map((tab) => [tab.name, tabButton(tab)]));
  const show = () => {
    const current = buttons.has(view.get("tab")) ? view.get("tab") : TABS[0].name;
    const offered = TABS.filter(({ kind, name }) => !kind || name === current || tags.list(kind).length > 0);
    settle(
      list,
      offered.map(({ name }) => buttons.get(name)),
    );
    for (const [name, button] of buttons) {
      button.setAttribute("aria-selected", String(name === current));
      button.tabIndex = name === current ? 0 : -1;
    }
    requestAnimationFrame(() => reveal(list, buttons.get(current)));
  };
  list.addEventListener("keydown", (event) => moveTab(event, list));
  view.on("tab", show);
  tags.on("change", show);
  show();
  return list;
}

/** On a narrow screen the list is longer than what is seen of it. */
function reveal(list, button) {
  const [frame, place] = [list.getBoundingClientRect(), button.getBoundingClientRect()];
  if (place.left < frame.left || place.right > frame.right)
    list.scrollLeft += place.left + place.width / 2 - frame.left - frame.width / 2;
}

function tabButton({ name, label }) {
  return h(
    "button",
    {
      class: "tab",
      type: "button",
      role: "tab",
      id: `tab-${name}`,
      "aria-controls": "content",
      data: { tab: name },
      onclick: () => view.set({ tab: name }),
    },
    label,
  );
}

function moveTab(event, list) {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const names = [...list.children].map((tab) => tab.dataset.tab);
  const next = names[(names.indexOf(event.target.dataset.tab) + step + names.length) % names.length];
  view.set({ tab: next });
  document.getElementById(`tab-${next}`)?.focus();
}

function connection() {
  const label = h("span", {});
  const pill = h(
    "button",
    { class: "connection", type: "button", onclick: () => live.retry() },
    h("i", { class: "dot" }),
    label,
  );
  const show = () => {
    const [text, kind, title] = CONNECTION[live.status];
    setText(label, text);
    pill.dataset.kind = kind;
    pill.title = title;
  };
  live.on("status", show);
  show();
  return h("div", { role: "status" }, pill);
}

function themeButton() {
  const button = iconButton("moon", "Dark theme", () => theme.toggle(), { class: "icon-button theme-button" });
  const show = () => {
    const isDark = theme.name === "dark";
    fill(button, icon(isDark ? "sun" : "moon"));
    button.title = isDark ? "Light theme" : "Dark theme";
    button.setAttribute("aria-label", button.title);
  };
  theme.on("change", show);
  show();
  return button;
}

function notices() {
  const place = h("div", { class: "notices" });
  let isNewVersion = false;
  const show = () => {
    const texts = [catalog.notice, tags.notice].filter(Boolean).map((text) => h("p", { class: "notice" }, text));
    const reload = isNewVersion
      ? h(
          "p",
          { class: "notice" },
          "The viewer was updated. ",
          h("button", { class: "link", type: "button", onclick: () => location.reload() }, "Reload the page"),
        )
      : null;
    fill(place, reload, texts);
  };
  catalog.on("change", show);
  tags.on("change", show);
  live.on("version", () => {
    isNewVersion = true;
    show();
  });
  show();
  return place;
}
