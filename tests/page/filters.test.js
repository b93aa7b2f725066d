import assert from "node:assert/strict";
import { test } from "node:test";
import { RunFilter } from "../../src/pyexp/viewer/static/js/model/filters.js";

const RUN = { name: "lr=0.1,seed=3", status: "failed" };
const passes = (text, run = RUN, batch = "digits/2024", configs = []) =>
  new RunFilter(text).passes(run, batch, () => configs);

test("an empty filter passes every run and asks for nothing", () => {
  const filter = new RunFilter("");
  assert.equal(filter.isActive, false);
  assert.equal(filter.readsConfigs, false);
  assert.equal(filter.passes(RUN, "", assert.fail), true);
});

test("names match anywhere, in either case", () => {
  assert.equal(passes("SEED=3"), true);
  assert.equal(passes("^lr=0\\.1,"), true);
  assert.equal(passes("seed=4"), false);
});

test("a batch matches with the run's name after it", () => {
  assert.equal(passes("^digits/"), true);
  assert.equal(passes("2024/lr"), true);
  assert.equal(passes("2025"), false);
});

test("a status is named by four of its letters at least", () => {
  assert.equal(passes("fail"), true);
  assert.equal(passes("failed|timeout"), true);
  assert.equal(passes("ail"), false);
  assert.equal(passes("."), true); // of the name
  assert.equal(passes("e$", { name: "x", status: "failed" }), false);
});

test("configs are read only when a filter asks for a value", () => {
  const texts = ["model.depth=4", "optimizer=adam"];
  assert.equal(passes("depth=4", RUN, "", texts), true);
  assert.equal(passes("optimizer=(sgd|adam)$", RUN, "", texts), true);
  assert.equal(passes("depth=5", RUN, "", texts), false);
  assert.equal(new RunFilter("adam").passes(RUN, "", assert.fail), false);
  assert.equal(passes("depth=4", RUN, "", []), false); // not known yet
});

test("what is not a pattern says why and passes every run", () => {
  for (const text of ["(", "a**", "[z-a]", "\\", "x{2,1}"]) {
    const filter = new RunFilter(text);
    assert.match(filter.error, /^Not a valid pattern: \S.*\.$/, text);
    assert.equal(filter.isActive, false);
    assert.equal(
      filter.passes(RUN, "", () => []),
      true,
    );
  }
});

test("a pattern may begin as Python's do", () => {
  assert.equal(passes("(?i)LR="), true);
  assert.equal(new RunFilter("(?i)").error, null);
});
