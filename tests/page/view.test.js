import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

// What of a browser the view needs: the URL, its history, events of them.
const listeners = new Map();
globalThis.addEventListener = (name, listener) => listeners.set(name, listener);
globalThis.location = { pathname: "/", hash: "" };
globalThis.history = {
  entries: [],
  pushState: (_state, _title, url) => history.entries.push(url),
  replaceState: (_state, _title, url) => history.entries.splice(-1, 1, url),
};

const { view } = await import("../../src/pyexp/viewer/static/js/model/view.js");

function open(fragment) {
  location.hash = fragment ? `#${fragment}` : "";
  view.load();
}

beforeEach(() => {
  history.entries = ["/"];
  open("");
});

test("the view as it begins has a bare URL", () => {
  assert.equal(view.url(), "/");
  assert.equal(view.get("tab"), "scalars");
});

test("every part of the view is read back from the URL that it wrote", () => {
  const parts = {
    tab: "runs",
    q: "lr=0.1&seed=[1-3]#é",
    tags: "^train/",
    smooth: 0.25,
    x: "wall",
    group: ["model.depth", "a,b"],
    groupbut: true,
    ended: true,
    members: true,
    centre: "median",
    base: "none",
    flip: [1, 36, Number.MAX_SAFE_INTEGER],
    closed: ["train", "a.b,c"],
    folded: [7],
    band: "range",
    logy: [5],
    clip: [6],
    wide: [7, 8],
    zoom: { 12: [0, 1e-9, null, null], 99: [-1.5e300, 2, 3, 4] },
    linked: false,
    at: -3,
    steps: { 4: 100, 5: null },
    log: 1234567,
    runsview: "compare",
    stat: ["min", "max"],
    cols: [],
    sort: "c.lr:up",
    allkeys: true,
  };
  view.set(parts);
  const url = view.url();
  open("");
  assert.notDeepEqual(view.get("flip"), parts.flip);
  open(url.split("#")[1]);
  for (const [key, value] of Object.entries(parts)) assert.deepEqual(view.get(key), value, key);
});

test("a mangled link opens the view without the parts that cannot be read", () => {
  open("smooth=high&flip=!!.%20.zz&closed={&cols=7&zoom=1*2_x&steps=_*_3*x&log=&at=x&nonsense=1");
  assert.equal(view.get("smooth"), 0);
  assert.deepEqual(view.get("flip"), [1295]);
  assert.deepEqual(view.get("closed"), []);
  assert.deepEqual(view.get("cols"), []);
  assert.deepEqual(view.get("zoom"), {});
  assert.deepEqual(view.get("steps"), { 3: null });
  assert.equal(view.get("log"), null);
  assert.equal(view.get("at"), null);
  open("smooth=7");
  assert.equal(view.get("smooth"), 0.99);
  open("smooth=-1");
  assert.equal(view.get("smooth"), 0);
});

test("a range that is not of numbers is left out", () => {
  open("zoom=a*x*1*2*3_b*1*2*Infinity*4_*1*2*3*4_c*1*2**");
  assert.deepEqual(view.get("zoom"), { 12: [1, 2, null, null] });
});

test("a URL with a token is not read: the token is taken out first", () => {
  open("token=secret&tab=runs");
  assert.equal(view.get("tab"), "scalars");
});

test("listeners hear of what has changed, and only of that", () => {
  const heard = [];
  const stops = [view.on("change", (keys) => heard.push(keys)), view.on("x", (x) => heard.push(x))];
  view.set({ x: "wall", smooth: 0 });
  view.set({ flip: [] });
  for (const stop of stops) stop();
  view.set({ x: "step" });
  assert.deepEqual(heard, ["wall", ["x"]]);
});

test("an item is put into a list and taken out again", () => {
  view.toggle("logy", 3);
  view.toggle("logy", 4);
  view.toggle("logy", 3);
  assert.deepEqual(view.get("logy"), [4]);
  open("");
  assert.deepEqual(view.get("logy"), []);
});

test("another tab is another entry of the browser's history", () => {
  view.set({ x: "wall" });
  view.set({ tab: "runs" });
  view.set({ tab: "runs" });
  assert.deepEqual(history.entries, ["/#x=wall", "/#tab=runs&x=wall"]);
});

test("the view follows the browser's back button", () => {
  location.hash = "#tab=log";
  listeners.get("popstate")();
  assert.equal(view.get("tab"), "log");
});

test("a group of the links of old is a lone key", () => {
  open("group=model.depth");
  assert.deepEqual(view.get("group"), ["model.depth"]);
});
