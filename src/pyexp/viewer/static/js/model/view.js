// @ts-check
// Owns the view: what the URL's fragment records, so that a link shows the same again.
// Knows how each part is written there; what it means is its reader's business.

import { Emitter } from "../base/emitter.js";
import { debounced } from "../base/timing.js";

/**
 * @typedef {object} ViewValues
 * @property {string} tab
 * @property {string} q filter of runs
 * @property {string} tags filter of tags
 * @property {number} smooth
 * @property {"step" | "relative" | "wall"} x
 * @property {string[]} group config keys
 * @property {boolean} groupbut group by all keys but those
 * @property {string} colour config key that colours lines
 * @property {boolean} ended group finished runs only
 * @property {"mean" | "median"} centre of a group
 * @property {boolean} members a group's runs are drawn behind it
 * @property {"auto" | "all" | "none"} base which runs are on: the first twenty, all but `flip`, none but `flip`
 * @property {number[]} flip run ids
 * @property {string[]} closed collapsed groups of cards
 * @property {number[]} folded tags whose card is collapsed
 * @property {string} band what is drawn around a group's mean
 * @property {number[]} logy tags with a log scale
 * @property {boolean} outliers charts show them; else they are left out of the y-range
 * @property {number[]} clip tags that do otherwise
 * @property {number[]} wide tags shown in full width
 * @property {Record<number, (number | null)[]>} zoom tag -> [x0, x1, y0, y1]
 * @property {boolean} linked sliders move together
 * @property {number | null} at the linked sliders' step
 * @property {Record<number, number | null>} steps tag -> the step of a slider that is not linked
 * @property {number | null} log run of the Log tab
 * @property {"table" | "compare"} runsview
 * @property {string[]} stat what of each scalar: last, min, max
 * @property {string[] | null} cols chosen columns of the table of runs
 * @property {string} sort
 * @property {boolean} allkeys
 */
/** @typedef {keyof ViewValues} Key */
/**
 * How a value is written in the URL.
 *
 * @typedef {{ read: (text: string) => any, write: (value: any) => string }} Form
 */

/** @type {ViewValues} */
const DEFAULTS = {
  tab: "scalars",
  q: "",
  tags: "",
  smooth: 0,
  x: "step",
  group: [],
  groupbut: false,
  ended: false,
  colour: "",
  centre: "mean",
  members: false,
  base: "auto",
  flip: [],
  closed: [],
  folded: [],
  band: "deviation",
  logy: [],
  outliers: false,
  clip: [],
  wide: [],
  zoom: {},
  linked: true,
  at: null,
  steps: {},
  log: null,
  runsview: "table",
  stat: ["last"],
  cols: null,
  sort: "",
  allkeys: false,
};

/** @type {Form} */
const ids = {
  read: (text) =>
    text
      .split(".")
      .filter(Boolean)
      .map((id) => parseInt(id, 36))
      .filter(Number.isSafeInteger),
  write: (/** @type {number[]} */ list) => list.map((id) => id.toString(36)).join("."),
};
/** @type {Form} */
const flag = { read: (text) => text === "1", write: (value) => (value ? "1" : "0") };
/** @type {Form} */
const decimal = { read: parseDecimal, write: String };
const list = { read: parseList, write: JSON.stringify };
/** @type {Form} A lone key was written bare once. */
const keys = { read: (text) => (text.startsWith("[") ? parseList(text) : [text].filter(Boolean)), write: list.write };
/** @type {Form} */
const words = { read: (text) => text.split(".").filter(Boolean), write: (parts) => parts.join(".") };
/** @type {Partial<Record<Key, Form>>} */
const FORMS = {
  smooth: { read: (text) => Math.min(0.99, Math.max(0, parseDecimal(text) ?? 0)), write: String },
  flip: ids,
  logy: ids,
  clip: ids,
  wide: ids,
  folded: ids,
  group: keys,
  groupbut: flag,
  ended: flag,
  members: flag,
  closed: list,
  cols: list,
  stat: words,
  linked: flag,
  outliers: flag,
  allkeys: flag,
  at: decimal,
  log: { read: (text) => ids.read(text)[0] ?? null, write: (id) => ids.write([id]) },
  zoom: { read: readZoom, write: writeZoom },
  steps: { read: readSteps, write: writeSteps },
};
/** @type {Form} */
const plain = { read: (text) => text, write: String };
const MAX_ZOOMS = 8;

/** @param {string} text */
function parseList(text) {
  try {
    const list = JSON.parse(text);
    return Array.isArray(list) ? list.map(String) : [];
  } catch {
    return []; // a mangled link opens the view without this part
  }
}

/**
 * Read a number; null when there is none.
 *
 * @param {string} text
 */
function parseDecimal(text) {
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : null;
}

/** @param {string} text */
function isEnd(text) {
  return text === "" || parseDecimal(text) !== null;
}

/** @param {string} text */
function readZoom(text) {
  /** @type {ViewValues["zoom"]} */
  const zoom = {};
  for (const part of text.split("_")) {
    const [tag, ...range] = part.split("*");
    if (range.length !== 4 || !range.every(isEnd) || !/^[0-9a-z]+$/.test(tag)) continue;
    zoom[parseInt(tag, 36)] = range.map(parseDecimal);
  }
  return zoom;
}

/** @param {ViewValues["zoom"]} zoom */
function writeZoom(zoom) {
  const entries = Object.entries(zoom).slice(-MAX_ZOOMS);
  return entries
    .map(([tag, range]) => [Number(tag).toString(36), ...range.map((end) => end ?? "")].join("*"))
    .join("_");
}

/** @param {string} text */
function readSteps(text) {
  const parts = text.split("_").map((part) => part.split("*"));
  return Object.fromEntries(
    parts.map(([tag, step]) => [parseInt(tag, 36), parseDecimal(step ?? "")]).filter(([tag]) => Number(tag) > 0),
  );
}

/** @param {ViewValues["steps"]} steps */
function writeSteps(steps) {
  return Object.entries(steps)
    .map(([tag, step]) => `${Number(tag).toString(36)}*${step ?? ""}`)
    .join("_");
}

const KEYS = /** @type {Key[]} */ (Object.keys(DEFAULTS));

/**
 * @param {unknown} a
 * @param {unknown} b
 */
function isSame(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
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
    const written = KEYS.filter((key) => parts.has(key));
    const read = written.map((key) => [key, (FORMS[key] ?? plain).read(parts.get(key) ?? "")]);
    this.#assign({ ...structuredClone(DEFAULTS), ...Object.fromEntries(read) });
  }

  /**
   * @template {Key} K
   * @param {K} key
   * @returns {ViewValues[K]}
   */
  get(key) {
    return this.#values[key];
  }

  /**
   * Change parts of the view; a new tab makes a new entry in the browser's history.
   *
   * @param {Partial<ViewValues>} patch
   */
  set(patch) {
    const isNewTab = "tab" in patch && patch.tab !== this.#values.tab;
    if (isNewTab) {
      history.replaceState(null, "", this.url());
      history.pushState(null, "", this.url(patch));
    }
    this.#assign(patch);
    this.#write();
  }

  /**
   * Put `item` into the list `key`, or take it out when it is there.
   *
   * @param {Key} key
   * @param {string | number} item
   */
  toggle(key, item) {
    const list = /** @type {(string | number)[]} */ (this.#values[key]);
    this.set({ [key]: list.includes(item) ? list.filter((other) => other !== item) : [...list, item] });
  }

  /**
   * Return the page's URL for the view as it is, or as it would be with `patch`.
   *
   * @param {Partial<ViewValues>} patch
   */
  url(patch = {}) {
    const values = { ...this.#values, ...patch };
    const parts = new URLSearchParams();
    for (const key of KEYS) {
      if (!isSame(values[key], DEFAULTS[key])) parts.set(key, (FORMS[key] ?? plain).write(values[key]));
    }
    const text = parts.toString();
    return location.pathname + (text ? `#${text}` : "");
  }

  /** @param {Partial<ViewValues>} patch */
  #assign(patch) {
    const changed = KEYS.filter((key) => key in patch && !isSame(patch[key], this.#values[key]));
    Object.assign(this.#values, patch);
    for (const key of changed) this.emit(key, this.#values[key]);
    if (changed.length > 0) this.emit("change", changed);
  }
}

export const view = new View();
