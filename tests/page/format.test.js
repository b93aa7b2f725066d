import assert from "node:assert/strict";
import { test } from "node:test";
import {
  bytes,
  compareCells,
  configValue,
  count,
  duration,
  fileName,
  isBlank,
  moment,
  number,
  plotlyText,
  splitTag,
} from "../../src/pyexp/viewer/static/js/base/format.js";

function table(of, rows) {
  for (const [given, expected] of rows) assert.equal(of(given), expected, `of ${String(given)}`);
}

test("a number has about five significant digits, whole ones all of theirs", () => {
  table(number, [
    [0, "0"],
    [-0, "0"],
    [7, "7"],
    [-12_345, "-12,345"],
    [999_999_999, "999,999,999"],
    [1e9, "1e+9"],
    [0.012345678, "0.012346"],
    [-0.5, "-0.5"],
    [1234.5678, "1234.6"],
    [0.001, "0.001"],
    [1.23456789e-7, "1.235e-7"],
    [-4.2e-12, "-4.2e-12"],
    [5e-324, "4.941e-324"],
    [1.7976931348623157e308, "1.798e+308"],
    [-1e300, "-1e+300"],
    [1e21, "1e+21"],
  ]);
});

test("a number that rounding lifts over a limit is written as those beyond it", () => {
  table(number, [
    [999_999.5, "1e+6"],
    [-999_999.5, "-1e+6"],
    [999_994.9, "999990"],
    [0.00099999999, "0.001"],
    [0.000999949, "9.999e-4"],
  ]);
});

test("what is not a finite number is written as Python does, a missing one as a dash", () => {
  table(number, [
    [Number.NaN, "nan"],
    [Infinity, "inf"],
    [-Infinity, "-inf"],
    ["nan", "nan"],
    [null, "–"],
    [undefined, "–"],
  ]);
});

test("a count has the noun's number", () => {
  assert.equal(count(1, "run"), "1 run");
  assert.equal(count(0, "run"), "0 runs");
  assert.equal(count(12_000, "batch", "batches"), "12,000 batches");
});

test("a duration is written in its two largest units", () => {
  table(duration, [
    [0, "0.0 s"],
    [0.04, "0.0 s"],
    [9.94, "9.9 s"],
    [12.4, "12 s"],
    [60, "1 m 00 s"],
    [200, "3 m 20 s"],
    [7500, "2 h 05 m"],
    [3 * 86_400 + 4 * 3600, "3 d 4 h"],
    [null, "–"],
    [Number.NaN, "–"],
    [Infinity, "–"],
  ]);
});

test("a duration that rounding lifts to the next unit is written in that", () => {
  table(duration, [
    [9.96, "10 s"],
    [59.7, "1 m 00 s"],
    [3599.6, "1 h 00 m"],
    [86_399.7, "1 d 0 h"],
  ]);
});

test("a time span before the start has a sign", () => {
  table(duration, [
    [-3, "-3.0 s"],
    [-200, "-3 m 20 s"],
    [-0.01, "0.0 s"],
  ]);
});

test("bytes are written in the unit that they are read in", () => {
  table(bytes, [
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KB"],
    [10_189, "10 KB"],
    [10_240, "10 KB"],
    [1_048_575, "1.0 MB"],
    [1_048_576, "1.0 MB"],
    [5 * 1024 ** 4, "5.0 TB"],
    [5000 * 1024 ** 4, "5000 TB"],
  ]);
});

test("a time of another day has its day", () => {
  assert.match(moment(0), /^\d+ \w+, \d\d:\d\d:\d\d$/);
  assert.match(moment(Date.now() / 1000), /^\d\d:\d\d:\d\d$/);
  assert.equal(moment(null), "–");
});

test("config values are written as Python does", () => {
  table(configValue, [
    [null, "None"],
    [true, "True"],
    [false, "False"],
    ["text", "text"],
    [0.1, "0.1"],
  ]);
  assert.equal(configValue([1, "a"]), '[1,"a"]');
});

test("a tag is split at its first slash that has a name before it", () => {
  assert.deepEqual(splitTag("train/loss"), ["train", "loss"]);
  assert.deepEqual(splitTag("a/b/c"), ["a", "b/c"]);
  assert.deepEqual(splitTag("loss"), ["", "loss"]);
  assert.deepEqual(splitTag("/loss"), ["", "/loss"]);
  assert.deepEqual(splitTag(""), ["", "(no name)"]);
  assert.deepEqual(splitTag(" "), ["", "(no name)"]);
  assert.deepEqual(splitTag("train/"), ["train", "train/"]);
  assert.deepEqual(splitTag("train/ "), ["train", "train/ "]);
  assert.deepEqual(splitTag("/"), ["", "/"]);
});

test("no logged text becomes plotly's markup", () => {
  assert.equal(plotlyText("<b>&lt;"), "&lt;b>&amp;lt;");
});

test("any text makes a file name", () => {
  assert.equal(fileName("train/loss: a b", "png"), "train_loss_a_b.png");
  assert.equal(fileName("../../etc", "csv"), ".._.._etc.csv");
  assert.equal(fileName("", "csv"), "chart.csv");
  assert.equal(fileName("x".repeat(200), "svg").length, 84);
});

test("cells are sorted by value, texts naturally, blank ones last", () => {
  const sorted = [null, "run10", "run2", undefined, "nan", Number.NaN, "inf", 3, "-inf", -2, "0.5"].sort(compareCells);
  assert.deepEqual(sorted.slice(0, 5), ["-inf", -2, "0.5", 3, "inf"]);
  assert.deepEqual(sorted.slice(5, 7), ["run2", "run10"]);
  assert.ok(sorted.slice(7).every(isBlank));
  assert.equal(compareCells("", "a") < 0, true);
  assert.equal(compareCells("1e3", 1000), 0);
});
