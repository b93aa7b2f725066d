// @ts-check
// Owns what is shown when there is nothing to show yet: empty, loading, error, no token.

import { h, setText, svg } from "./dom.js";

/** @typedef {[label: string, onclick: () => void]} Action */

export const WRONG_TOKEN = "This viewer does not accept that token.";

/**
 * Say that there is nothing here, and what to do about it.
 *
 * @param {string} title
 * @param {string} text
 * @param {{ code?: string | null, actions?: Action[] }} more
 */
export function emptyPlaceholder(title, text, { code = null, actions = [] } = {}) {
  return h(
    "section",
    { class: "state" },
    drawing(),
    h("h2", {}, title),
    h("p", {}, text),
    code ? h("pre", { class: "state-code" }, code) : null,
    actions.length ? h("div", { class: "state-actions" }, actions.map(button)) : null,
  );
}

/**
 * @param {Error} error
 * @param {() => void} retry
 */
export function errorPlaceholder(error, retry) {
  return h(
    "section",
    { class: "state state-error", role: "alert" },
    h("h2", {}, "This could not be loaded"),
    h("p", {}, error.message),
    h("div", { class: "state-actions" }, button(["Try again", retry])),
  );
}

export function loadingPlaceholder(text = "Loading…") {
  return h(
    "section",
    { class: "state state-loading", role: "status" },
    h(
      "div",
      { class: "skeleton-row" },
      [1, 2, 3].map(() => h("div", { class: "skeleton" })),
    ),
    h("p", { class: "muted" }, text),
  );
}

/**
 * Ask for the token that the server printed; `use(token)` tries it and throws when it is refused.
 *
 * @param {(token: string) => Promise<void>} use
 * @param {string} problem
 */
export function tokenForm(use, problem = "") {
  const input = h("input", {
    type: "text",
    class: "field",
    "aria-label": "Token",
    placeholder: "token or printed URL",
    autocomplete: "off",
    autofocus: true,
    spellcheck: "false",
  });
  const answer = h("p", { class: "state-problem", role: "alert" }, problem);
  const submit = async () => {
    const given = input.value.trim().replace(/^.*[#&]token=([^&]*).*$/, "$1");
    if (!given) return;
    setText(answer, "");
    await use(given).catch((error) => setText(answer, error.status === 401 ? WRONG_TOKEN : error.message));
  };
  input.addEventListener("keydown", (event) => event.key === "Enter" && submit());
  return h(
    "section",
    { class: "state" },
    h("h2", {}, "This viewer requires a token"),
    h("p", {}, "Open the URL that the viewer printed in the terminal, or paste it here."),
    h("div", { class: "state-actions" }, input, button(["Open", submit])),
    answer,
  );
}

/** @param {Action} action */
function button([label, onclick]) {
  return h("button", { class: "button", type: "button", onclick }, label);
}

function drawing() {
  /** @type {(d: string, kind: string) => SVGPathElement} */
  const line = (d, kind) => svg("path", { d, class: kind });
  return svg(
    "svg",
    { class: "state-drawing", viewBox: "0 0 160 72", "aria-hidden": "true" },
    line("M8 4v60h144", "axis"),
    line("M16 14c14 34 34 40 64 43 24 2 44 2 66 2", "first"),
    line("M16 22c18 20 44 24 72 22 22-2 40-5 58-4", "second"),
  );
}
