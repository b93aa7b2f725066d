import assert from "node:assert/strict";
import { test } from "node:test";

globalThis.document = { hasFocus: () => true };
globalThis.requestAnimationFrame = (step) => setTimeout(() => step(performance.now()), 1);

const { scheduleDraw } = await import("../../src/pyexp/viewer/static/js/charts/draw_queue.js");

function takeTime(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

test("a chart that was never drawn does not wait while the page rests from another", async () => {
  const drawn = [];
  const slow = { name: "slow" };
  const fresh = { name: "fresh" };
  await new Promise((resolve) => {
    scheduleDraw(slow, () => {
      drawn.push("slow");
      takeTime(40);
      scheduleDraw(slow, () => drawn.push("slow again") && resolve());
      scheduleDraw(fresh, () => drawn.push("fresh"));
    });
  });
  assert.deepEqual(drawn, ["slow", "fresh", "slow again"]);
});
