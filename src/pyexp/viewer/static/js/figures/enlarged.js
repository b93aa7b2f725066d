// Owns the view of one picture alone, as large as the screen allows, with the way to the run's other steps.

import { iconButton } from "../base/buttons.js";
import { h, setText } from "../base/dom.js";
import { number } from "../base/format.js";
import { isDropped, Latest } from "../base/latest.js";
import { releasePicture, takePicture } from "./pictures.js";

/**
 * Show the picture of `entry` alone; Escape or a click outside it closes it, arrow keys go to others. `entries()` are those
 * of its run and tag, `placeOf(entry)` is where the server has its picture, `name` what all are called.
 */
export function enlarge(name, entry, entries, placeOf) {
  new Enlarged(name, entry, entries, placeOf).open();
}

class Enlarged {
  #held = null;
  #latest = new Latest();

  constructor(name, entry, entries, placeOf) {
    Object.assign(this, { name, entry, entries, placeOf });
    this.image = h("img", { class: "picture is-enlarged", alt: "" });
    this.step = h("output", {});
    this.before = iconButton("back", "Previous step", () => this.#go(-1));
    this.after = iconButton("forward", "Next step", () => this.#go(1));
    const close = iconButton("close", "Close", () => this.dialog.close());
    const head = h("header", { class: "enlarged-head" }, h("h2", {}, name), this.before, this.step, this.after, close);
    this.dialog = h("dialog", { class: "enlarged", "aria-label": name }, head, this.image);
    this.dialog.addEventListener(
      "click",
      ({ target }) => [this.dialog, this.image].includes(target) && this.dialog.close(),
    );
    this.dialog.addEventListener("close", () => this.#end());
    this.dialog.addEventListener("keydown", (event) => this.#press(event));
  }

  open() {
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.#show(this.entry);
  }

  #press(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) this.#go(by);
    event.stopPropagation(); // the page's own keys are for what is behind
  }

  #go(by) {
    const next = this.#others()[this.#position() + by];
    if (next) this.#show(next);
  }

  #others() {
    return this.entries().filter(({ preview }) => preview);
  }

  #position() {
    return this.#others().findIndex(({ index }) => index === this.entry.index);
  }

  async #show(entry) {
    this.entry = entry;
    this.#tell();
    try {
      this.#take(await this.#latest.ask((signal) => this.#fetch(entry, signal)));
    } catch (error) {
      if (!isDropped(error)) setText(this.step, error.message);
    }
  }

  async #fetch(entry, signal) {
    const held = await takePicture(this.placeOf(entry), entry.time, signal);
    if (signal.aborted) releasePicture(held.key);
    return held;
  }

  #tell() {
    const [at, all] = [this.#position(), this.#others().length];
    setText(this.step, `step ${number(this.entry.step)}${all > 1 ? ` (${at + 1} of ${all})` : ""}`);
    this.before.disabled = at <= 0;
    this.after.disabled = at < 0 || at >= all - 1;
  }

  async #take(held) {
    this.#release();
    this.#held = held;
    this.image.src = held.url;
    this.image.alt = `${this.name} at step ${this.entry.step}`;
    await this.image.decode().catch(() => {}); // a picture that is none shows its description
    this.image.classList.toggle("is-small", this.image.naturalWidth < this.image.clientWidth / 2);
  }

  #release() {
    if (this.#held) releasePicture(this.#held.key);
    this.#held = null;
  }

  #end() {
    this.#latest.drop();
    this.#release();
    this.dialog.remove();
  }
}
