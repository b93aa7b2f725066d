import assert from "node:assert/strict";
import { test } from "node:test";
import { isDropped, Latest } from "../../src/pyexp/viewer/static/js/base/latest.js";

function deferred() {
  let [resolve, reject] = [null, null];
  const promise = new Promise((...both) => ([resolve, reject] = both));
  return { promise, resolve, reject };
}

test("an older answer that comes after the newer one is dropped", async () => {
  const latest = new Latest();
  const [older, newer] = [deferred(), deferred()];
  const first = latest.ask(() => older.promise); // heeds no signal
  const second = latest.ask(() => newer.promise);
  newer.resolve("new");
  assert.equal(await second, "new");
  older.resolve("old");
  await assert.rejects(first, isDropped);
});

test("so is one that comes before it, and what it fails with", async () => {
  for (const end of ["resolve", "reject"]) {
    const latest = new Latest();
    const [older, newer] = [deferred(), deferred()];
    const first = latest.ask(() => older.promise);
    const second = latest.ask(() => newer.promise);
    older[end](new Error("away"));
    await assert.rejects(first, isDropped);
    assert.equal(latest.isRunning, true);
    newer.resolve("new");
    assert.equal(await second, "new");
    assert.equal(latest.isRunning, false);
  }
});

test("an older request is told to end", () => {
  const latest = new Latest();
  let signal = null;
  latest.ask(async (given) => (signal = given)).catch(() => {});
  assert.equal(signal.aborted, false);
  latest.ask(async () => {}).catch(() => {});
  assert.equal(signal.aborted, true);
});

test("a request that is not wanted any more gives nothing", async () => {
  const latest = new Latest();
  const { promise, resolve } = deferred();
  const answer = latest.ask(() => promise);
  latest.drop();
  assert.equal(latest.isRunning, false);
  resolve("late");
  await assert.rejects(answer, isDropped);
});

test("the newest fails with its own error, and the next one counts", async () => {
  const latest = new Latest();
  await assert.rejects(
    latest.ask(async () => {
      throw new Error("away");
    }),
    (error) => error.message === "away" && !isDropped(error),
  );
  assert.equal(latest.isRunning, false);
  assert.equal(await latest.ask(async () => 3), 3);
});
