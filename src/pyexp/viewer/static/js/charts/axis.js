// Owns the x-axis modes: how points become x values on the screen, and ranges go back to the server.

/** x values of a line: steps, seconds since its start in `unit`, or milliseconds for a date axis. */
export function xValues(line, mode, unit, startedAt) {
  if (mode === "step") return line.step;
  const first = startedAt ?? line.time[0];
  return line.time.map((time) => (mode === "relative" ? (time - first) / unit.seconds : onClock(time)));
}

const UNITS = [
  { seconds: 1, suffix: " s" },
  { seconds: 60, suffix: " m" },
  { seconds: 3600, suffix: " h" },
  { seconds: 86_400, suffix: " d" },
];

/** The unit in which the longest of the lines reads well. */
export function unitFor(lines) {
  let longest = 0;
  for (const line of lines) longest = Math.max(longest, (line.time[line.time.length - 1] ?? 0) - (line.time[0] ?? 0));
  return [...UNITS].reverse().find(({ seconds }) => longest >= 2 * seconds) ?? UNITS[0];
}

/** A range of the screen's x in the server's units: step, seconds, unix seconds. */
export function rangeForServer([from, to], mode, unit) {
  if (mode === "step") return [from, to];
  if (mode === "relative") return [from * unit.seconds, to * unit.seconds];
  return [fromClock(from), fromClock(to)];
}

/** The inverse of `rangeForServer`. */
export function rangeForScreen([from, to], mode, unit) {
  if (mode === "step") return [from, to];
  if (mode === "relative") return [from / unit.seconds, to / unit.seconds];
  return [onClock(from), onClock(to)];
}

/** The smallest and the largest x of these traces; 0 where there is none. */
export function xEnds(traces) {
  let [low, high] = [Infinity, -Infinity];
  for (const { x } of traces)
    for (const value of x) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return low > high ? [0, 0] : [low, high];
}

const MOST_TICKS = 6;
const DATE_LETTERS = 13; // "17:13:20.1234"
const LETTER_PX = 6.5;
const GAP_PX = 14;

const FEW_DECADES = [1, 4.2]; // with fewer plotly's ticks are even, with more they are powers of ten
const DIGITS = [1, 2, 5];

/**
 * The ticks of a log axis from one exponent of ten to another where plotly would write the digits between two powers
 * alone, "2" for 0.02; null elsewhere. They continue beyond, for a drag.
 */
export function logTicks([from, to]) {
  const decades = to - from;
  if (!(decades >= FEW_DECADES[0] && decades <= FEW_DECADES[1])) return null;
  const powers = Array.from({ length: Math.ceil(decades) + 4 }, (_, i) => Math.floor(from) - 1 + i);
  return powers.flatMap((power) => DIGITS.map((digit) => Number(`${digit}e${power}`)));
}

/** How many labels of an x-axis fit side by side into `width` pixels, when it goes from one end to the other. */
export function mostTicks([from, to], mode, width) {
  const letters = mode === "wall" ? DATE_LETTERS : lettersOf(from, to);
  return Math.max(2, Math.min(MOST_TICKS, Math.floor(width / (letters * LETTER_PX + GAP_PX))));
}

/** About how many letters it takes to tell the ticks between two numbers apart. */
function lettersOf(from, to) {
  const [largest, apart] = [Math.max(Math.abs(from), Math.abs(to)), Math.abs(to - from) / MOST_TICKS];
  return apart > 0 ? Math.ceil(Math.log10(largest)) - Math.floor(Math.log10(apart)) + 3 : 1;
}

/** The range of `axis` in a change that plotly reports; null when it has not changed. */
export function changedRange(change, axis) {
  const ends = change[`${axis}.range`] ?? [change[`${axis}.range[0]`], change[`${axis}.range[1]`]];
  return ends[0] === undefined ? null : ends.map(readEnd);
}

/** A range end is a number, or on a date axis a text in the time that we gave. */
function readEnd(end) {
  return typeof end === "number" ? end : Date.parse(`${String(end).replace(" ", "T")}Z`);
}

/** The ends of a range to a ten-thousandth of its width: enough for the screen, short in a link. */
export function rounded([from, to]) {
  if (from === null || to === null || from === to) return [from, to];
  const digits = Math.max(0, 4 - Math.floor(Math.log10(Math.abs(to - from))));
  if (digits > 100) return [from, to]; // more than toFixed takes
  return [Number(from.toFixed(digits)), Number(to.toFixed(digits))];
}

/** Unix seconds as milliseconds that plotly, which writes dates as UTC, writes as the viewer's clock showed then. */
function onClock(seconds) {
  return seconds * 1000 + offsetMs(seconds * 1000);
}

/** The inverse of `onClock`; in the hour that comes twice a year it is one of the two. */
function fromClock(ms) {
  return (ms - offsetMs(ms - offsetMs(ms))) / 1000;
}

const QUARTER_MS = 900_000; // clocks are changed at no time between
let known = { quarter: null, offset: 0 };

/** How far the viewer's clock was ahead of UTC at a time; points follow each other, so the last answer mostly holds. */
function offsetMs(ms) {
  const quarter = Math.floor(ms / QUARTER_MS);
  if (quarter !== known.quarter) known = { quarter, offset: -new Date(ms).getTimezoneOffset() * 60_000 };
  return known.offset;
}
