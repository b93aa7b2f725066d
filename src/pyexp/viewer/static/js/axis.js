// Owns the x-axis modes: how points become x values on the screen, and ranges go back to the server.

/** x values of a line: steps, seconds since its start in `unit`, or milliseconds for a date axis. */
export function xValues(line, mode, unit, startedAt) {
  if (mode === "step") return line.step;
  const first = startedAt ?? line.time[0];
  const offset = timezoneMs();
  return line.time.map((time) => (mode === "relative" ? (time - first) / unit.seconds : time * 1000 + offset));
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
  const offset = timezoneMs();
  return [(from - offset) / 1000, (to - offset) / 1000];
}

/** The inverse of `rangeForServer`. */
export function rangeForScreen([from, to], mode, unit) {
  if (mode === "step") return [from, to];
  if (mode === "relative") return [from / unit.seconds, to / unit.seconds];
  const offset = timezoneMs();
  return [from * 1000 + offset, to * 1000 + offset];
}

/** What plotly gives as a range end: a number, or on a date axis a text in the time we gave. */
export function readEnd(end) {
  return typeof end === "number" ? end : Date.parse(`${String(end).replace(" ", "T")}Z`);
}

/** Plotly writes dates as UTC; shifted by this they read as the viewer's clock. */
function timezoneMs() {
  return -new Date().getTimezoneOffset() * 60_000;
}
