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
