// Owns terminal output as elements: blocks of whole lines that never change again, so that a selection in them stays.

import { h, setText } from "../base/dom.js";
import { coloured, overwritten, plain, settled, withoutTornEscape } from "./terminal.js";

const LONGEST_LINE = 10_000; // one without an end is taken as whole, lest it is drawn again and again

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
    this.#line = settled(all.slice(end), LONGEST_LINE / 10);
    setText(this.#last, plain(withoutTornEscape(this.#line)));
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
