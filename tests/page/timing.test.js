import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { later } from "../../src/pyexp/viewer/static/js/base/timing.js";

const show = (isShown) => {
  document.hidden = !isShown;
  document.dispatchEvent(new Event("visibilitychange"));
};

test("what is done again and again waits for a hidden tab to be seen", (context) => {
  globalThis.document = new EventTarget();
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const fn = mock.fn();
  show(true);
  later(fn, 100);
  context.mock.timers.tick(99);
  assert.equal(fn.mock.callCount(), 0);
  context.mock.timers.tick(1);
  assert.equal(fn.mock.callCount(), 1);
  later(fn, 100);
  show(false);
  context.mock.timers.tick(1000);
  assert.equal(fn.mock.callCount(), 1);
  show(true);
  show(false);
  show(true);
  assert.equal(fn.mock.callCount(), 2);
});

test("a tab that is seen before the time does it at the time; what is stopped is not done", (context) => {
  globalThis.document = new EventTarget();
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const fn = mock.fn();
  show(false);
  const stop = later(fn, 100);
  show(true);
  assert.equal(fn.mock.callCount(), 0);
  context.mock.timers.tick(100);
  assert.equal(fn.mock.callCount(), 1);
  stop();
  later(fn, 100)();
  const stopLate = later(fn, 100);
  show(false);
  context.mock.timers.tick(100);
  stopLate();
  show(true);
  assert.equal(fn.mock.callCount(), 1);
});
