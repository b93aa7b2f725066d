// Owns the layout that most tabs share: cards by tag, in collapsible groups by the tag's prefix.
// When a card is made and shown is its slot's, what it shows is its tab's.

import { h, setText } from "../base/dom.js";
import { splitTag } from "../base/format.js";
import { icon } from "../base/icons.js";
import { view } from "../model/view.js";
import { Slot } from "./slot.js";

const FIRST_CARDS = 48; // of one group, until more are asked for
const NEAR = "300px 0px";
const SLOTS = new WeakMap(); // card element -> its slot

/**
 * Keeps groups of cards in `root`. `make(tag, element)` gives `{show(), hide(), end()}`;
 * `update(tags)` adds and removes cards and keeps those that stay.
 */
export class CardGroups {
  #root;
  #make;
  #groups = new Map();
  #near;

  constructor(root, make) {
    this.#root = root;
    this.#make = make;
    this.#near = new IntersectionObserver((entries) => entries.forEach(setNear), {
      root: root.closest(".content"),
      rootMargin: NEAR,
    });
  }

  update(tags) {
    const byPrefix = new Map();
    for (const tag of tags) {
      const [prefix] = splitTag(tag.name);
      byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), tag]);
    }
    for (const [prefix, group] of this.#groups) if (!byPrefix.has(prefix)) this.#drop(prefix, group);
    const isLone = byPrefix.size === 1 && byPrefix.has("");
    for (const [prefix, members] of byPrefix) {
      const group = this.#groups.get(prefix) ?? this.#open(prefix);
      this.#root.append(group.element);
      group.element.classList.toggle("is-lone", isLone);
      group.update(members);
    }
  }

  end() {
    for (const [prefix, group] of this.#groups) this.#drop(prefix, group);
    this.#near.disconnect();
  }

  #open(prefix) {
    const group = new Group(prefix, this.#make, this.#near);
    this.#groups.set(prefix, group);
    return group;
  }

  #drop(prefix, group) {
    group.end();
    group.element.remove();
    this.#groups.delete(prefix);
  }
}

class Group {
  #prefix;
  #make;
  #near;
  #slots = new Map(); // tag id -> its slot
  #grid = h("div", { class: "grid" });
  #size = h("span", { class: "group-size" });
  #limit = FIRST_CARDS;
  #more = h("button", { class: "button more", type: "button", onclick: () => this.#showMore() });
  #tags = [];

  constructor(prefix, make, near) {
    this.#prefix = prefix;
    this.#make = make;
    this.#near = near;
    const name = prefix || "General";
    this.head = h(
      "button",
      { class: "group-head", type: "button", onclick: () => view.toggle("closed", prefix) },
      icon("chevron"),
      h("span", { class: "group-title" }, name),
      this.#size,
    );
    const heading = h("h2", { class: "unseen" }, name); // a button's content is never a heading
    this.element = h("section", { class: "group", data: { prefix } }, heading, this.head, this.#grid, this.#more);
    this.stop = view.on("closed", () => this.update(this.#tags));
  }

  update(tags) {
    this.#tags = tags;
    const isClosed = view.get("closed").includes(this.#prefix);
    this.head.setAttribute("aria-expanded", String(!isClosed));
    this.element.classList.toggle("is-closed", isClosed);
    setText(this.#size, String(tags.length));
    const wanted = isClosed ? [] : tags.slice(0, this.#limit);
    this.#reconcile(wanted);
    const rest = tags.length - this.#limit;
    this.#more.hidden = isClosed || rest <= 0;
    setText(this.#more, `Show ${Math.min(rest, FIRST_CARDS)} more of ${tags.length}`);
  }

  end() {
    this.stop();
    for (const [id, slot] of this.#slots) this.#drop(id, slot);
  }

  #showMore() {
    this.#limit += FIRST_CARDS;
    this.update(this.#tags);
  }

  #reconcile(wanted) {
    const ids = new Set(wanted.map((tag) => tag.id));
    for (const [id, slot] of this.#slots) if (!ids.has(id)) this.#drop(id, slot);
    let before = this.#grid.firstElementChild;
    for (const tag of wanted) {
      const slot = this.#slots.get(tag.id) ?? this.#hold(tag);
      if (slot.element === before) before = before.nextElementSibling;
      else this.#grid.insertBefore(slot.element, before);
    }
  }

  #hold(tag) {
    const slot = new Slot(tag, this.#make);
    SLOTS.set(slot.element, slot);
    this.#slots.set(tag.id, slot);
    this.#near.observe(slot.element);
    return slot;
  }

  #drop(id, slot) {
    this.#near.unobserve(slot.element);
    SLOTS.delete(slot.element);
    slot.end();
    this.#slots.delete(id);
  }
}

function setNear({ target, isIntersecting }) {
  SLOTS.get(target)?.setNear(isIntersecting); // it may have been dropped meanwhile
}
