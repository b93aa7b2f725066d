// Owns the view: what the URL's fragment records, so that a link shows the same again.
// Knows how each part is written there; what it means is its reader's business.

import { Emitter } from "../base/emitter.js";
import { debounced } from "../base/timing.js";

const DEFAULTS = {
  tab: "scalars",
  q: "", // filter of runs
  tags: "", // filter of tags
  smooth: 0,
  x: "step",
  group: "", // config key
  base: "auto", // which runs are on: auto (the first twenty), all but `flip`, none but `flip`
  flip: [],
  closed: [], // collapsed groups of cards
  folded: [], // tags whose card is collapsed
  band: "deviation", // what is drawn around a group's mean
  logy: [], // tags with a log scale
  clip: [], // tags whose outliers are left out of the y-range
  wide: [], // tags shown in full width
  zoom: {}, // tag -> [x0, x1, y0, y1]
  linked: true, // sliders move together
  at: null, // the linked sliders' step
  steps: {}, // tag -> the step of a slider that is not linked
  log: null, // run of the Log tab
  runsview: "table", // table | compare
  stat: ["last"], // what of each scalar: last, min, max
  cols: null, // chosen columns of the table of runs
  sort: "",
  allkeys: false,
};

const ids = {
  read: (text) =>
    text
      .split(".")
      .filter(Boolean)
      .map((id) => parseInt(id, 36))
      .filter(Number.isSafeInteger),
  write: (list) => list.map((id) => id.toString(36)).join("."),
};
const flag = { read: (text) => text === "1", write: (value) => (value ? "1" : "0") };
const decimal = { read: (text) => (Number.isFinite(Number(text)) ? Number(text) : 0), write: String };
const list = { read: parseList, write: JSON.stringify };
const words = { read: (text) => text.split(".").filter(Boolean), write: (parts) => parts.join(".") };
const FORMS = {
  smooth: { read: (text) => Math.min(0.99, Math.max(0, decimal.read(text))), write: String },
  flip: ids,
  logy: ids,
  clip: ids,
  wide: ids,
  folded: ids,
  closed: list,
  cols: list,
  stat: words,
  linked: flag,
  allkeys: flag,
  at: decimal,
  log: { read: (text) => ids.read(text)[0] ?? null, write: (id) => ids.write([id]) },
  zoom: { read: readZoom, write: writeZoom },
  steps: { read: readSteps, write: writeSteps },
};
const plain = { read: (text) => text, write: String };
const MAX_ZOOMS = 8;

function parseList(text) {
  try {
    const list = JSON.parse(text);
    return Array.isArray(list) ? list.map(String) : [];
  } catch {
    return []; // a mangled link opens the view without this part
  }
}

function readZoom(text) {
  const zoom = {};
  for (const part of text.split("_")) {
    const [tag, ...range] = part.split("*");
    if (range.length === 4) zoom[parseInt(tag, 36)] = range.map((end) => (end === "" ? null : Number(end)));
  }
  return zoom;
}

function writeZoom(zoom) {
  const entries = Object.entries(zoom).slice(-MAX_ZOOMS);
  return entries
    .map(([tag, range]) => [Number(tag).toString(36), ...range.map((end) => end ?? "")].join("*"))
    .join("_");
}

function readSteps(text) {
  const parts = text.split("_").map((part) => part.split("*"));
  return Object.fromEntries(
    parts.map(([tag, step]) => [parseInt(tag, 36), step ? decimal.read(step) : null]).filter(([tag]) => tag > 0),
  );
}

function writeSteps(steps) {
  return Object.entries(steps)
    .map(([tag, step]) => `${Number(tag).toString(36)}*${step ?? ""}`)
    .join("_");
}

class View extends Emitter {
  #values = structuredClone(DEFAULTS);
  #write = debounced(() => history.replaceState(null, "", this.url()), 150);

  constructor() {
    super();
    addEventListener("popstate", () => this.load());
    addEventListener("hashchange", () => this.load());
  }

  /** Read the URL; what it does not record has its default. */
  load() {
    const parts = new URLSearchParams(location.hash.slice(1));
    if (parts.has("token")) return; // it is taken out first
    const next = structuredClone(DEFAULTS);
    for (const key of Object.keys(DEFAULTS)) {
      if (parts.has(key)) next[key] = (FORMS[key] ?? plain).read(parts.get(key));
    }
    this.#assign(next);
  }

  get(key) {
    return this.#values[key];
  }

  /** Change parts of the view; a new tab makes a new entry in the browser's history. */
  set(patch) {
    const isNewTab = "tab" in patch && patch.tab !== this.#values.tab;
    if (isNewTab) {
      history.replaceState(null, "", this.url());
      history.pushState(null, "", this.url(patch));
    }
    this.#assign(patch);
    this.#write();
  }

  /** Put `item` into the list `key`, or take it out when it is there. */
  toggle(key, item) {
    const list = this.#values[key];
    this.set({ [key]: list.includes(item) ? list.filter((other) => other !== item) : [...list, item] });
  }

  url(patch = {}) {
    const values = { ...this.#values, ...patch };
    const parts = new URLSearchParams();
    for (const [key, value] of Object.entries(values)) {
      if (JSON.stringify(value) !== JSON.stringify(DEFAULTS[key])) parts.set(key, (FORMS[key] ?? plain).write(value));
    }
    const text = parts.toString();
    return location.pathname + (text ? `#${text}` : "");
  }

  #assign(patch) {
    const changed = Object.keys(patch).filter(
      (key) => JSON.stringify(patch[key]) !== JSON.stringify(this.#values[key]),
    );
    Object.assign(this.#values, patch);
    for (const key of changed) this.emit(key, this.#values[key]);
    if (changed.length > 0) this.emit("change", changed);
  }
}

export const view = new View();
