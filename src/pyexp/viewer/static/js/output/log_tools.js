// Owns what can be done with a shown log: finding words in it, and saving the whole of it as a file.

import { iconButton } from "../base/buttons.js";
import { h, saveBlob, setText } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { debounced } from "../base/timing.js";
import { getJson } from "../model/api.js";

const PIECE = 1_048_576; // bytes, as much as the server gives at once
const MOST_FOUND = 5000;

/** A field that finds a text in `output` and goes from one place to the next. */
export class LogSearch {
  #output;
  #ranges = [];
  #current = -1;

  constructor(output) {
    this.#output = output;
    this.input = h("input", {
      class: "field",
      type: "search",
      placeholder: "Find",
      "aria-label": "Find in the output",
      spellcheck: "false",
      autocomplete: "off",
    });
    this.count = h("output", { class: "muted found" });
    this.element = h("span", { class: "search log-search" }, icon("search"), this.input, this.count);
    this.input.addEventListener(
      "input",
      debounced(() => this.#start(), 150),
    );
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.#go(event.shiftKey ? -1 : 1);
      if (event.key === "Escape") this.input.blur();
    });
  }

  /** The output has changed. */
  update() {
    if (!this.input.value) return;
    this.#ranges = this.#find(this.input.value.toLowerCase());
    this.#show();
  }

  end() {
    CSS.highlights?.clear();
  }

  #start() {
    this.#ranges = this.input.value ? this.#find(this.input.value.toLowerCase()) : [];
    this.#current = -1;
    this.#go(-1); // the newest first: the end of a log is what is read
  }

  #go(step) {
    const { length } = this.#ranges;
    this.#current = length === 0 ? -1 : (Math.max(this.#current, step < 0 ? 0 : -1) + step + length) % length;
    this.#show();
    this.#reveal();
  }

  #reveal() {
    const range = this.#ranges[this.#current];
    const scroller = this.#output.parentElement;
    if (!range) return;
    const [place, frame] = [range.getBoundingClientRect(), scroller.getBoundingClientRect()];
    if (place.top < frame.top || place.bottom > frame.bottom)
      scroller.scrollTop += place.top - frame.top - frame.height / 2;
  }

  #show() {
    const { length } = this.#ranges;
    const place = this.#current < 0 ? "" : `${this.#current + 1} of `;
    setText(this.count, this.input.value ? `${place}${length === MOST_FOUND ? "5,000+" : length}` : "");
    if (!CSS.highlights) return;
    CSS.highlights.set("found", new Highlight(...this.#ranges));
    CSS.highlights.set("found-now", new Highlight(...this.#ranges.slice(this.#current, this.#current + 1)));
  }

  /** Every place in one piece of text; a coloured word next to a plain one is another piece. */
  #find(wanted) {
    const ranges = [];
    const texts = document.createTreeWalker(this.#output, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const text = texts.currentNode.data.toLowerCase();
      for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
        if (ranges.length === MOST_FOUND) return ranges;
        const range = document.createRange();
        range.setStart(texts.currentNode, at);
        range.setEnd(texts.currentNode, at + wanted.length);
        ranges.push(range);
      }
    }
    return ranges;
  }
}

/** A button that saves the whole output of the run that `run()` gives; `failed(error)` is called otherwise. */
export function saveButton(run, failed) {
  const button = iconButton("download", "Save the whole output", async () => {
    const { id, name } = run(); // another one may be shown when the output is there
    button.disabled = true;
    try {
      saveBlob(new Blob(await wholeOutput(id), { type: "text/plain" }), `${name}.log`);
    } catch (error) {
      failed(error);
    }
    button.disabled = false;
  });
  return button;
}

async function wholeOutput(run) {
  const pieces = [];
  let [from, size] = [0, 1];
  while (from < size) {
    const piece = await getJson("/api/log", { run, from, limit: PIECE });
    if (piece.end <= from) break; // it was cut meanwhile
    pieces.push(piece.text);
    [from, size] = [piece.end, piece.size];
  }
  return pieces;
}
