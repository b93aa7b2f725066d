import assert from "node:assert/strict";
import { test } from "node:test";
import { shortNames, varyingParts } from "../../src/pyexp/viewer/static/js/base/names.js";

test("names that fit are left alone", () => {
  const names = ["a", "bb"];
  assert.equal(shortNames(names, 2), names);
  assert.deepEqual(shortNames([], 5), []);
  assert.deepEqual(shortNames([""], 0), [""]);
});

test("what all names begin and end with is left out", () => {
  const names = ["sweep,lr=0.1,seed=1,long_tail", "sweep,lr=0.01,seed=2,long_tail"];
  assert.deepEqual(shortNames(names, 20), ["…lr=0.1,seed=1…", "…lr=0.01,seed=2…"]);
});

test("shared parts are cut between words, never within a number", () => {
  const names = ["experiment/lr=0.12", "experiment/lr=0.15"];
  assert.deepEqual(shortNames(names, 10), ["…lr=0.12", "…lr=0.15"]);
});

test("what does not fit even so is cut in its middle", () => {
  assert.deepEqual(shortNames(["abcdefghijklmnop"], 7), ["abc…nop"]);
  for (const most of [1, 2, 3, 8]) {
    const [short] = shortNames(["abcdefghijklmnop"], most);
    assert.ok([...short].length <= most, `${short} for ${most}`);
  }
});

test("characters are counted whole", () => {
  const [short] = shortNames(["🦊".repeat(20)], 5);
  assert.equal(short, "🦊🦊…🦊🦊");
});

test("equal names stay equal and are not emptied", () => {
  const [one, two] = shortNames(["the same long name", "the same long name"], 8);
  assert.equal(one, two);
  assert.ok(one.replaceAll("…", "").length > 0, one);
});

test("a name that another begins with keeps what it has", () => {
  const [short, long] = shortNames(["run,a", "run,a,b=12345678901234567890"], 12);
  assert.ok(short.replaceAll("…", "").length > 0, short);
  assert.notEqual(short, long);
});

test("what varies between names is left of them", () => {
  const names = ["r_lr=0.1_depth=4_seed=0", "r_lr=0.01_depth=4_seed=0", "r_lr=0.1_depth=4_seed=10"];
  assert.deepEqual(varyingParts(names), [
    ["lr=0.1", "seed=0"],
    ["lr=0.01", "seed=0"],
    ["lr=0.1", "seed=10"],
  ]);
  assert.deepEqual(varyingParts(["lr=1,w=2", "lr=1,w=3"]), [["w=2"], ["w=3"]]);
});

test("names that are not made alike, or of values, stay whole", () => {
  for (const names of [
    [],
    ["lr=1_seed=2"],
    ["lr=1", "lr=1"],
    ["lr=1_seed=2", "lr=1"],
    ["first_lr=1", "second_lr=1"],
    ["run_1", "run_2"],
    ["lr=1", "baseline"],
  ])
    assert.equal(varyingParts(names), null, names.join());
});
