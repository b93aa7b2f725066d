// @ts-check
// Owns light and dark: the stored choice, else the system's setting; emits `change` when the colours have changed.

import { Emitter } from "./emitter.js";

const KEY = "pyexp.theme";

class Theme extends Emitter {
  constructor() {
    super();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => {
      if (this.#stored() === null) this.#show(event.matches ? "dark" : "light");
    });
  }

  /** @returns {string | undefined} "light" or "dark" */
  get name() {
    return document.documentElement.dataset.theme;
  }

  toggle() {
    const next = this.name === "dark" ? "light" : "dark";
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // Storage may be forbidden: the choice then lasts as long as the page.
    }
    this.#show(next);
  }

  /**
   * Return the value of a colour token, for what CSS cannot reach (charts, canvases).
   *
   * @param {string} token
   */
  colour(token) {
    return getComputedStyle(document.documentElement).getPropertyValue(`--${token}`).trim();
  }

  #stored() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null;
    }
  }

  /** @param {"light" | "dark"} name */
  #show(name) {
    document.documentElement.dataset.theme = name;
    this.emit("change");
  }
}

export const theme = new Theme();
