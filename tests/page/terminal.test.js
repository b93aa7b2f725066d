import assert from "node:assert/strict";
import { test } from "node:test";
import {
  coloured,
  overwritten,
  plain,
  settled,
  withoutTornEscape,
} from "../../src/pyexp/viewer/static/js/output/terminal.js";

const ESC = "\u001b";
const BEL = "\u0007";

test("text without codes is one part without a look", () => {
  assert.deepEqual(coloured("plain", {}), [["plain", ""]]);
  assert.deepEqual(coloured("", {}), []);
});

test("colours become classes, until they are reset", () => {
  const parts = coloured(`a${ESC}[31mred${ESC}[1;4mmore${ESC}[0mb`, {});
  assert.deepEqual(parts, [
    ["a", ""],
    ["red", "term-colour-1"],
    ["more", "term-bold term-underline term-colour-1"],
    ["b", ""],
  ]);
});

test("a look goes on into the next line", () => {
  const style = {};
  coloured(`${ESC}[92mgreen`, style);
  assert.deepEqual(coloured("still", style), [["still", "term-colour-2"]]);
  assert.deepEqual(coloured(`${ESC}[39mno more`, style), [["no more", ""]]);
  assert.deepEqual(coloured(`${ESC}[3mslanted${ESC}[23m not`, style), [
    ["slanted", "term-italic"],
    [" not", ""],
  ]);
  assert.deepEqual(coloured(`${ESC}[1;2mboth${ESC}[22mneither`, style), [
    ["both", "term-bold term-dim"],
    ["neither", ""],
  ]);
});

test("an empty code resets", () => {
  assert.deepEqual(coloured(`${ESC}[31mred${ESC}[mnot`, {}).at(-1), ["not", ""]);
});

test("the wide forms of colours are read to their end", () => {
  const look = (code) => coloured(`${ESC}[${code}mx`, {})[0][1];
  assert.equal(look("38;5;9"), "term-colour-1");
  assert.equal(look("38;5;200"), "");
  assert.equal(look("38;2;1;31;4"), ""); // 31 and 4 are parts of the colour
  assert.equal(look("48;5;1"), "");
  assert.equal(look("48;2;1;4;3;1"), "term-bold");
  assert.equal(look("38;5"), "");
  assert.equal(look("38"), "");
});

test("codes for other things, and unknown ones, are dropped", () => {
  assert.equal(plain(`${ESC}[2Ka${ESC}[?25lb${ESC}]0;title${BEL}c${ESC}]8;;http://x${ESC}\\d${ESC}Me`), "abcde");
  assert.equal(plain(`${ESC}[99999999999999999999mx`), "x");
  assert.deepEqual(coloured(`${ESC}[1;;4mx`, {}), [["x", "term-underline"]]); // an empty number is a reset
});

test("a carriage return starts the line anew", () => {
  assert.equal(overwritten("10%\r20%\r100%\n"), "100%\n");
  assert.equal(overwritten("long line\rshort"), "shortline");
  assert.equal(overwritten("kept\r"), "kept");
  assert.equal(overwritten("\r\r\n"), "\n");
  assert.equal(plain(`${ESC}[32m50%\r${ESC}[32m60%`), "60%");
});

test("what was overwritten is dropped from a long line, and the line reads the same", () => {
  const bar = Array.from({ length: 5000 }, (_, i) => `step ${i}`).join("\r");
  const short = settled(bar, 1000);
  assert.ok(short.length < 100);
  assert.equal(overwritten(short), overwritten(bar));
  assert.equal(settled(short, 1000), short);
  assert.equal(settled("no return ".repeat(200), 1000), "no return ".repeat(200));
});

test("a code that has come only in part is not shown", () => {
  assert.equal(withoutTornEscape(`text${ESC}[3`), "text");
  assert.equal(withoutTornEscape(`text${ESC}`), "text");
  assert.equal(withoutTornEscape(`text${ESC}[31mred`), `text${ESC}[31mred`);
  assert.equal(withoutTornEscape("text"), "text");
});
