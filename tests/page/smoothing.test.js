import assert from "node:assert/strict";
import { test } from "node:test";
import { smoothed } from "../../src/pyexp/viewer/static/js/charts/smoothing.js";

const upTo = (count) => Float64Array.from({ length: count }, (_, i) => i);

function close(found, expected, tolerance = 1e-12) {
  assert.equal(found.length, expected.length);
  for (const [i, value] of found.entries())
    assert.ok(Object.is(value, expected[i]) || Math.abs(value - expected[i]) <= tolerance, `${i}: ${value}`);
}

/** The debiased average as TensorBoard computes it, over evenly spaced points. */
function average(y, weight) {
  let [last, mass] = [0, 0];
  return y.map((value) => {
    last = last * weight + (1 - weight) * value;
    mass = mass * weight + (1 - weight);
    return last / mass;
  });
}

test("evenly spaced points have TensorBoard's average", () => {
  const y = Float64Array.from([3, -1, 4, 1, -5, 9, 2, 6]);
  for (const weight of [0.1, 0.6, 0.99]) close(smoothed(upTo(8), y, weight), average(y, weight));
});

test("without a weight, or of a single point, nothing changes", () => {
  const y = Float64Array.from([1, 5, 2]);
  assert.equal(smoothed(upTo(3), y, 0), y);
  const lone = Float64Array.of(7);
  assert.equal(smoothed(upTo(1), lone, 0.9), lone);
  assert.equal(smoothed(upTo(0), upTo(0), 0.9).length, 0);
});

test("a constant stays what it is, however large or small", () => {
  for (const value of [0, 1, -2.5, 1e300, 1e-300, -1e-12]) {
    const y = new Float64Array(50).fill(value);
    close(smoothed(upTo(50), y, 0.9), y, Math.abs(value) * 1e-12);
  }
});

test("gaps pass through and disturb nothing after them", () => {
  const x = upTo(6);
  const found = smoothed(x, Float64Array.of(Number.NaN, 2, Infinity, 2, -Infinity, 2), 0.8);
  close(found, [Number.NaN, 2, Infinity, 2, -Infinity, 2]);
});

test("points at one place are averaged, not divided by nothing", () => {
  const found = smoothed(new Float64Array(3), Float64Array.of(1, 2, 3), 0.5);
  close(found, [1, 1.5, 2]);
});

test("a down-sampled line is smoothed as its full data would be", () => {
  const x = upTo(1001);
  const y = x.map((value) => value / 1000);
  const full = smoothed(x, y, 0.9);
  const kept = [...x.keys()].filter((i) => i % 10 === 0);
  const thin = smoothed(
    Float64Array.from(kept),
    Float64Array.from(kept, (i) => y[i]),
    0.9,
    { span: 1000, total: 1001 },
  );
  for (const [place, i] of kept.entries()) assert.ok(Math.abs(thin[place] - full[i]) < 0.01, `at ${i}`);
});

test("a part of a line goes on from the value before it", () => {
  const x = upTo(100);
  const y = x.map((value) => Math.sin(value / 5));
  const whole = { span: 99, total: 100 };
  const full = smoothed(x, y, 0.8);
  const part = smoothed(x.slice(60), y.slice(60), 0.8, whole, full[59]);
  assert.ok(Math.abs(part[0] - full[59]) < 1, "begins near it");
  close(part.slice(30), full.slice(90), 1e-2);
});
