// Owns the place of one card: the card is made when it comes near the screen, shown there unless it is folded, and
// dropped with its place. A folded card is its head alone: it gets no events and so fetches and draws nothing.

import { fill, h } from "../base/dom.js";
import { splitTag } from "../base/format.js";
import { icon } from "../base/icons.js";
import { view } from "../model/view.js";

/** The heading of a card, a button that folds it. */
export function cardTitle({ id, name }) {
  return h(
    "h3",
    {},
    h(
      "button",
      {
        class: "card-fold",
        type: "button",
        title: name,
        "aria-expanded": String(!isFolded(id)),
        onclick: () => view.toggle("folded", id),
      },
      icon("chevron"),
      h("span", {}, splitTag(name)[1]),
    ),
  );
}

function isFolded(id) {
  return view.get("folded").includes(id);
}

/** The place of the card of `tag`; `make(tag, element)` gives `{show(), hide(), end()}`. */
export class Slot {
  #card = null;
  #isNear = false;
  #isShown = false;

  constructor(tag, make) {
    this.tag = tag;
    this.make = make;
    this.element = h("article", { class: "card", data: { tag: tag.name }, "aria-label": tag.name });
    this.stop = view.on("folded", () => this.#settle());
    this.#settle();
  }

  /** Whether the place is near the screen. */
  setNear(isNear) {
    this.#isNear = isNear;
    this.#settle();
  }

  end() {
    this.stop();
    if (this.#isShown) this.#card.hide();
    this.#card?.end();
    fill(this.element).remove();
  }

  #settle() {
    const folded = isFolded(this.tag.id);
    if (this.#isNear) this.#card ??= this.make(this.tag, this.element);
    this.element.classList.toggle("is-folded", folded);
    this.element.querySelector(".card-fold")?.setAttribute("aria-expanded", String(!folded));
    const isShown = this.#isNear && !folded;
    if (isShown === this.#isShown) return;
    this.#isShown = isShown;
    if (isShown) this.#card.show();
    else this.#card.hide();
  }
}
