import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.localStorage = { getItem: () => null, setItem: () => {} };
globalThis.matchMedia = () => ({ matches: false, addEventListener: () => {} });
globalThis.document = { documentElement: { dataset: {} } };
const { isUnseen } = await import("../../src/pyexp/viewer/static/js/charts/plot.js");

const LAYOUT = { xaxis: { _length: 400 }, yaxis: { type: "linear", range: [0, 1] } };

function line(count, last = 0.5) {
  const value = new Float64Array(count).fill(0.5);
  value[count - 1] = last;
  return { total: count, step: Float64Array.from(value.keys()), value };
}

function seen(lines, totals, layout = LAYOUT) {
  return !isUnseen(new Map(Object.entries(lines)), new Map(Object.entries(totals)), layout);
}

test("growth by less than a pixel is not seen", () => {
  assert.equal(seen({ a: line(1001) }, { a: 1000 }), false);
  assert.equal(seen({ a: line(1001), b: line(50) }, { a: 1000, b: 50 }), false);
});

test("growth by a pixel, beyond the range of y, a new line, and what is no growth are seen", () => {
  assert.equal(seen({ a: line(301) }, { a: 300 }), true);
  assert.equal(seen({ a: line(1001, 1.5) }, { a: 1000 }), true);
  assert.equal(seen({ a: line(1001), b: line(1001) }, { a: 1000 }), true);
  assert.equal(seen({ a: line(1000) }, { a: 1000 }), true); // smoothed, detail or colours have come
  assert.equal(seen({ a: line(900) }, { a: 1000 }), true); // a later attempt
  assert.equal(seen({ a: line(1001) }, { a: 1000 }, null), true);
});

test("the range of a log axis is in exponents of ten", () => {
  const layout = { ...LAYOUT, yaxis: { type: "log", range: [-1, 0] } };
  assert.equal(seen({ a: line(1001, 0.2) }, { a: 1000 }, layout), false);
  assert.equal(seen({ a: line(1001, 0.01) }, { a: 1000 }, layout), true);
});
