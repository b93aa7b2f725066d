// Owns how terminal output reads in the page: colours by classes, other codes go, and a carriage return starts
// its line anew (progress bars show their last state). Whole lines never change again, so what is selected stays so.

import { h, setText } from "../base/dom.js";

const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
const TORN_ESCAPE = /\u001b[^\u001b]{0,20}$/;
const COLOUR_CODE = /^\u001b\[([\d;]*)m$/;
const LONGEST_LINE = 10_000; // one without an end is taken as whole, lest it is drawn again and again
const ATTRIBUTES = { 1: "bold", 2: "dim", 3: "italic", 4: "underline" };

/** Output in `element`: blocks of whole lines, and below them the line that is still being written. */
export class Screen {
  length = 0; // characters in whole lines
  #element;
  #blocks = []; // {element, text}
  #style = {}; // what the codes so far ask for
  #line = "";
  #last = h("span");

  constructor(element) {
    this.#element = element;
    element.append(this.#last);
  }

  clear() {
    this.#element.replaceChildren(this.#last);
    this.length = 0;
    this.#blocks = [];
    this.#style = {};
    this.#line = "";
    setText(this.#last, "");
  }

  append(text) {
    const all = this.#line + text;
    const end = all.length - all.lastIndexOf("\n") > LONGEST_LINE ? all.length : all.lastIndexOf("\n") + 1;
    if (end > 0) this.#addBlock(all.slice(0, end));
    this.#line = settled(all.slice(end));
    setText(this.#last, plain(this.#line.replace(TORN_ESCAPE, (torn) => (torn.match(ESCAPES) ? torn : ""))));
  }

  /** Put what comes before all of it on top. */
  prepend(text) {
    const block = makeBlock(text, {});
    this.#element.prepend(block);
    this.#blocks.unshift({ element: block, text });
    this.length += text.length;
  }

  /** Drop the oldest lines until no more than `length` characters are left; returns the bytes that they were. */
  drop(length) {
    let bytes = 0;
    while (this.length > length && this.#blocks.length > 1) {
      const { element, text } = this.#blocks.shift();
      element.remove();
      this.length -= text.length;
      bytes += new TextEncoder().encode(text).length;
    }
    return bytes;
  }

  #addBlock(text) {
    const element = makeBlock(text, this.#style);
    this.#last.before(element);
    this.#blocks.push({ element, text });
    this.length += text.length;
  }
}

/** A block of lines; `style` is what is asked for at its start, and is brought to that at its end. */
function makeBlock(text, style) {
  const block = h("span", { class: "log-block" });
  for (const line of text.replaceAll("\r\n", "\n").split(/(?<=\n)/)) {
    const parts = coloured(line, style); // also of a line that is overwritten: its codes hold for the next ones
    const seen = line.includes("\r") ? [[overwritten(line), ""]] : parts;
    for (const [part, classes] of seen) block.append(classes ? h("span", { class: classes }, part) : part);
  }
  block.normalize();
  return block;
}

/** The line in parts of one look each: `[text, classes]`. */
function coloured(line, style) {
  const parts = [];
  let end = 0;
  for (const code of line.matchAll(ESCAPES)) {
    if (code.index > end) parts.push([line.slice(end, code.index), look(style)]);
    take(code[0], style);
    end = code.index + code[0].length;
  }
  if (end < line.length) parts.push([line.slice(end), look(style)]);
  return parts;
}

function take(code, style) {
  const numbers = code.match(COLOUR_CODE)?.[1].split(";").map(Number) ?? [];
  while (numbers.length > 0) {
    const number = numbers.shift();
    if (number === 0) for (const key of Object.keys(style)) delete style[key];
    else if (ATTRIBUTES[number]) style[ATTRIBUTES[number]] = true;
    else if (number === 22) Object.assign(style, { bold: false, dim: false });
    else if (number === 23 || number === 24) style[ATTRIBUTES[number - 20]] = false;
    else if (number === 38 || number === 48) takeWide(number, numbers, style);
    else if ((number >= 30 && number <= 39) || (number >= 90 && number <= 97)) style.colour = basic(number);
  }
}

function basic(number) {
  return number === 39 ? null : number % 10;
}

/** `38;5;n` is one of 256 colours, of which the first sixteen have names here; `38;2;r;g;b` any. */
function takeWide(number, numbers, style) {
  const kind = numbers.shift();
  const [first] = numbers.splice(0, kind === 5 ? 1 : 3);
  if (number === 38) style.colour = kind === 5 && first < 16 ? first % 8 : null;
}

function look(style) {
  const classes = Object.values(ATTRIBUTES).filter((name) => style[name]);
  if (Number.isInteger(style.colour)) classes.push(`colour-${style.colour}`);
  return classes.map((name) => `term-${name}`).join(" ");
}

function plain(line) {
  return line.includes("\r") ? overwritten(line) : line.replaceAll(ESCAPES, "");
}

/** What the line shows after its carriage returns. */
function overwritten(line) {
  const end = line.endsWith("\n") ? "\n" : "";
  let shown = "";
  for (const part of line.slice(0, line.length - end.length).replaceAll(ESCAPES, "").split("\r"))
    shown = part + shown.slice(part.length);
  return shown + end;
}

/** The same line without what was overwritten already: a progress bar must not grow for hours. */
function settled(line) {
  const last = line.lastIndexOf("\r");
  if (last < 0 || line.length < LONGEST_LINE / 10) return line;
  return `${overwritten(line)}\r${line.slice(last + 1)}`;
}
