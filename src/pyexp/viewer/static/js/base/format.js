// @ts-check
// Owns how numbers, times and names are written. Pure functions.

const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });

/**
 * Write a number in about five significant digits: `0.01234`, `1.2e-7`, `12,345`. Strings (`"nan"`) pass.
 *
 * @param {unknown} value
 */
export function number(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return WHOLE.format(value + 0); // -0 becomes 0
  const rounded = Number(value.toPrecision(5)); // first, since rounding may lift it over a limit
  if (Math.abs(rounded) >= 1e6 || Math.abs(rounded) < 1e-3) return value.toExponential(3).replace(/\.?0+e/, "e");
  return String(rounded);
}

/**
 * Write a count with its noun: `1 run`, `12,000 runs`.
 *
 * @param {number} value
 * @param {string} noun
 */
export function count(value, noun, plural = `${noun}s`) {
  return `${WHOLE.format(value)} ${value === 1 ? noun : plural}`;
}

/**
 * Write seconds as `0.4 s`, `12 s`, `3 m 20 s`, `2 h 05 m`, `3 d 4 h`.
 *
 * @param {number | null | undefined} seconds
 */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  const tenths = Math.round(Math.abs(seconds) * 10);
  const sign = seconds < 0 && tenths > 0 ? "-" : "";
  return sign + (tenths < 100 ? `${(tenths / 10).toFixed(1)} s` : wholeDuration(Math.round(Math.abs(seconds))));
}

/** @param {number} whole seconds, not negative */
function wholeDuration(whole) {
  if (whole < 60) return `${whole} s`;
  /** @type {(part: number) => string} */
  const pad = (part) => String(part).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${pad(whole % 60)} s`;
  if (whole < 86_400) return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} m`;
  return `${Math.floor(whole / 86_400)} d ${Math.floor((whole % 86_400) / 3600)} h`;
}

/**
 * Write a unix time as the reader's clock time, with the day when it is not today.
 *
 * @param {number | null | undefined} seconds
 */
export function moment(seconds) {
  if (seconds === null || seconds === undefined) return "–";
  const date = new Date(seconds * 1000);
  const isToday = date.toDateString() === new Date().toDateString();
  return isToday ? CLOCK.format(date) : `${DAY.format(date)}, ${CLOCK.format(date)}`;
}

/** @param {number} size */
export function bytes(size) {
  if (size < 1024) return `${size} B`;
  const units = ["KB", "MB", "GB", "TB"];
  let value = size;
  let unit = -1;
  while (Math.round(value) >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const tenths = Math.round(value * 10);
  return `${tenths < 100 ? (tenths / 10).toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/**
 * Write a config value, numbers with all their digits: `null` is None.
 *
 * @param {unknown} value
 */
export function configValue(value) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * Split `"train/loss"` into `["train", "loss"]`; a tag without a slash has the prefix `""`.
 *
 * @param {string} name
 * @returns {[prefix: string, rest: string]}
 */
export function splitTag(name) {
  const cut = name.indexOf("/", 1);
  const [prefix, rest] = cut < 0 ? ["", name] : [name.slice(0, cut), name.slice(cut + 1)];
  return [prefix, rest.trim() ? rest : name.trim() ? name : "(no name)"];
}

/**
 * Escape a text for plotly, which reads its texts as pseudo-HTML.
 *
 * @param {unknown} text
 */
export function plotlyText(text) {
  return String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/**
 * Make a file name of `text`.
 *
 * @param {string} text
 * @param {string} ending
 */
export function fileName(text, ending) {
  const safe = text.replaceAll(/[^\p{L}\p{N}._-]+/gu, "_").slice(0, 80) || "chart";
  return `${safe}.${ending}`;
}

const NATURAL = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** @type {Map<unknown, number>} */
const INFINITE = new Map([
  ["inf", Infinity],
  ["-inf", -Infinity],
]);

/** @param {unknown} cell */
function numeric(cell) {
  return INFINITE.get(cell) ?? (cell === "" ? NaN : Number(cell));
}

/**
 * Return whether a cell has nothing to be sorted by: it is missing, or nan.
 *
 * @param {unknown} cell
 */
export function isBlank(cell) {
  return cell === null || cell === undefined || cell === "nan" || Number.isNaN(cell);
}

/**
 * Compare two cells of a column: numbers by value, texts naturally, blank ones last.
 *
 * @param {unknown} a
 * @param {unknown} b
 */
export function compareCells(a, b) {
  if (isBlank(a) || isBlank(b)) return Number(isBlank(a)) - Number(isBlank(b));
  const [left, right] = [numeric(a), numeric(b)];
  if (left === right) return 0;
  if (!Number.isNaN(left) && !Number.isNaN(right)) return left - right;
  return NATURAL.compare(String(a), String(b));
}
