import assert from "node:assert/strict";
import { test } from "node:test";
import {
  changedRange,
  logTicks,
  mostTicks,
  rangeForScreen,
  rangeForServer,
  rounded,
  unitFor,
  xEnds,
  xValues,
} from "../../src/pyexp/viewer/static/js/charts/axis.js";

const SECONDS = { seconds: 1, suffix: " s" };
const HOURS = { seconds: 3600, suffix: " h" };

function lineOf(...time) {
  return { step: Float64Array.from(time.keys()), time: Float64Array.from(time) };
}

test("x is the step, the time since the start, or the clock's time", () => {
  const line = lineOf(1000, 1060, 1120);
  assert.equal(xValues(line, "step", SECONDS), line.step);
  assert.deepEqual([...xValues(line, "relative", SECONDS)], [0, 60, 120]);
  assert.deepEqual([...xValues(line, "relative", SECONDS, 940)], [60, 120, 180]);
  const [first, second] = xValues(line, "wall", SECONDS);
  assert.equal(second - first, 60_000);
});

test("the unit is the largest of which the longest line has two", () => {
  const suffix = (...lines) => unitFor(lines).suffix;
  assert.equal(suffix(lineOf(0, 119)), " s");
  assert.equal(suffix(lineOf(0, 120)), " m");
  assert.equal(suffix(lineOf(0, 1), lineOf(5, 5 + 7200)), " h");
  assert.equal(suffix(lineOf(0, 3 * 86_400)), " d");
  assert.equal(suffix(), " s");
  assert.equal(suffix(lineOf()), " s");
  assert.equal(suffix(lineOf(100, 0)), " s"); // a clock that was set back
});

test("a range goes to the server and comes back", () => {
  for (const mode of ["step", "relative", "wall"]) {
    for (const range of [
      [0, 1],
      [-5, 1.5e9],
      [1.6e9, 1.7e9],
    ]) {
      const there = rangeForScreen(range, mode, HOURS);
      const back = rangeForServer(there, mode, HOURS);
      for (const [i, end] of back.entries()) assert.ok(Math.abs(end - range[i]) < 1e-3, `${mode} ${range}`);
    }
  }
});

test("the clock's time is the viewer's, over a change to summer time", () => {
  const before = process.env.TZ;
  process.env.TZ = "Europe/Berlin";
  try {
    const change = Date.UTC(2024, 2, 31, 1) / 1000; // from 02:00 to 03:00
    const [winter, summer] = xValues(lineOf(change - 1, change + 1), "wall", SECONDS);
    assert.equal(summer - winter, 3_602_000);
    const back = rangeForServer([winter, summer], "wall", SECONDS);
    assert.deepEqual(back, [change - 1, change + 1]);
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});

test("a change of an axis is read in each form that plotly gives it", () => {
  assert.deepEqual(changedRange({ "xaxis.range": [1, 2] }, "xaxis"), [1, 2]);
  assert.deepEqual(changedRange({ "xaxis.range[0]": -3, "xaxis.range[1]": 1e-9 }, "xaxis"), [-3, 1e-9]);
  assert.equal(changedRange({ "yaxis.range": [1, 2] }, "xaxis"), null);
  assert.equal(changedRange({}, "xaxis"), null);
  const dates = changedRange({ "xaxis.range": ["2024-01-01 00:00:00", "2024-01-01 00:00:01.5"] }, "xaxis");
  assert.deepEqual(dates, [Date.UTC(2024, 0, 1), Date.UTC(2024, 0, 1) + 1500]);
});

test("the ends of x are over all traces, also where a line goes back", () => {
  assert.deepEqual(xEnds([{ x: [3, 9, -4] }, { x: Float64Array.of(5, 11) }, { x: [] }]), [-4, 11]);
  assert.deepEqual(xEnds([]), [0, 0]);
});

test("there are as many ticks as labels fit side by side", () => {
  const ticks = (range, width, mode = "step") => mostTicks(range, mode, width);
  assert.equal(ticks([0, 1000], 420), 6);
  assert.equal(ticks([0, 1000], 140), 3);
  assert.equal(ticks([1e9, 1e9 + 9], 240), 2); // 1.000000002G
  assert.equal(ticks([-1e5, 1e5], 420), 6);
  assert.equal(ticks([5, 5], 420), 6);
  assert.equal(ticks([0, 4000], 312, "wall"), 3);
  assert.equal(ticks([0, 4000], 100, "wall"), 2);
});

test("a log axis over a few decades has whole numbers as ticks, also beyond its ends", () => {
  const ticks = logTicks([Math.log10(0.02), Math.log10(1.7)]);
  assert.deepEqual(ticks.slice(3, 9), [0.01, 0.02, 0.05, 0.1, 0.2, 0.5]);
  assert.ok(ticks.at(-1) > 17 && ticks[0] < 0.002);
  assert.equal(logTicks([-6, 6]), null);
  assert.equal(logTicks([0.3, 0.8]), null);
  assert.equal(logTicks([Number.NaN, Number.NaN]), null);
});

test("the ends of a range are rounded to a part of its width", () => {
  const rows = [
    [
      [0.123456789, 1.123456789],
      [0.1235, 1.1235],
    ],
    [
      [1e9 + 0.123456, 1e9 + 0.223456],
      [1e9 + 0.12346, 1e9 + 0.22346],
    ],
    [
      [-2e15 - 0.3, 2e15 + 0.3],
      [-2e15, 2e15],
    ],
    [
      [-1e308, 1e308],
      [-1e308, 1e308],
    ],
    [
      [1e-50, 3e-50],
      [1e-50, 3e-50],
    ],
    [
      [null, 3],
      [null, 3],
    ],
    [
      [2, 2],
      [2, 2],
    ],
  ];
  for (const [range, expected] of rows) assert.deepEqual(rounded(range), expected);
});

test("rounding never makes a range empty", () => {
  for (const [from, to] of [
    [1e-120, 2e-120],
    [-5e-200, 5e-300],
    [5e-324, 1e-323],
    [1, 1 + Number.EPSILON],
    [1e20, 1e20 + 32_768],
  ]) {
    const [low, high] = rounded([from, to]);
    assert.ok(low < high, `${from} to ${to} became ${low} to ${high}`);
    assert.ok(Math.abs(low - from) <= (to - from) / 1000, `${from} became ${low}`);
  }
});
