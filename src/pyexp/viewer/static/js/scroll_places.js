// Owns where each tab was scrolled to: kept while tabs change, and for a reload.

const KEY = "pyexp.scroll";
const PATIENCE_MS = 3000; // content comes bit by bit

export class ScrollPlaces {
  #content;
  #places = stored();
  #wanted = null;

  /** Follows `content`; `tab()` names what is shown in it. */
  constructor(content, tab) {
    this.#content = content;
    content.addEventListener("scroll", () => {
      if (this.#wanted !== null) return;
      this.#places[tab()] = Math.round(content.scrollTop);
      store(this.#places);
    });
    for (const kind of ["wheel", "pointerdown", "keydown"])
      content.addEventListener(kind, () => this.#give(), { passive: true });
    this.growing = new ResizeObserver(() => this.#reach());
  }

  /** Go where this tab was, as soon as it is long enough. */
  restore(tab) {
    this.#wanted = this.#places[tab] ?? 0;
    this.growing.disconnect();
    for (const child of this.#content.children) this.growing.observe(child);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#give(), PATIENCE_MS);
    this.#reach();
  }

  #reach() {
    if (this.#wanted === null) return;
    this.#content.scrollTop = this.#wanted;
    if (Math.abs(this.#content.scrollTop - this.#wanted) < 2) this.#give();
  }

  #give() {
    this.growing.disconnect();
    requestAnimationFrame(() => (this.#wanted = null)); // after the event of our own scrolling
  }
}

function stored() {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "{}") ?? {};
  } catch {
    return {};
  }
}

function store(places) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(places));
  } catch {
    // Storage may be forbidden: the places then last as long as the page.
  }
}
