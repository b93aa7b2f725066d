// Owns what every tab of tags does alike: the tag filter, the groups of cards, what stands there without cards.

import { fill, h, setText } from "../base/dom.js";
import { joinStops } from "../base/emitter.js";
import { icon } from "../base/icons.js";
import { emptyPlaceholder, errorPlaceholder, loadingPlaceholder } from "../base/placeholders.js";
import { debounced } from "../base/timing.js";
import { selection } from "../model/selection.js";
import { tags } from "../model/tags.js";
import { view } from "../model/view.js";
import { CardGroups } from "./card_groups.js";
import { noRuns } from "./no_runs.js";

const AUTOMATIC = ["config", "git_commit"]; // texts that an experiment writes

/** The field that filters the tags of a tab, with what is wrong with the pattern; returns `[element, stop]`. */
export function tagsFilter() {
  const problem = h("span", { class: "filter-error", role: "alert" });
  const input = h("input", {
    class: "field tags-filter",
    type: "search",
    placeholder: "Filter tags",
    "aria-label": "Filter tags by a regular expression",
    spellcheck: "false",
    autocomplete: "off",
    maxlength: "200",
    value: view.get("tags"),
  });
  input.addEventListener(
    "input",
    debounced(() => view.set({ tags: input.value }), 120),
  );
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault(); // the browser would empty the field without an event
    view.set({ tags: "" });
    input.blur();
  });
  const show = () => {
    setText(problem, tags.problem ?? "");
    input.setAttribute("aria-invalid", String(tags.problem !== null));
  };
  const stops = [
    tags.on("change", show),
    view.on("tags", (text) => {
      if (input.value !== text) input.value = text;
    }),
  ];
  show();
  const field = h("label", { class: "search" }, icon("search"), input);
  return [h("div", { class: "tags-search" }, field, problem), joinStops(stops)];
}

/**
 * Fill `root` with `controls` and the cards of the tags of `kind`. `make(tag, element)` gives a card; `empty` is
 * `[title, text, code]` for when nothing of the kind was logged. Returns what ends it.
 */
export function mountCards(root, { kind, controls, make, empty }) {
  const place = h("div", { class: "cards" });
  const message = h("div", { class: "message" });
  root.append(...controls, message, place);
  const groups = new CardGroups(place, make);
  const show = () => {
    const all = tags.list(kind);
    const found = [...tags.passing(kind)].sort((a, b) => isAutomatic(a) - isAutomatic(b));
    groups.update(found);
    fill(message, found.length > 0 ? null : whyNothing(all, empty));
  };
  const stops = [tags.on("change", show), selection.on("update", () => tags.list(kind).length === 0 && show())];
  show();
  return () => {
    for (const stop of stops) stop();
    groups.end();
  };
}

/** Whether every run has logged it by itself: it comes after what was meant to be looked at. */
function isAutomatic({ name }) {
  return Number(AUTOMATIC.includes(name));
}

function whyNothing(all, [title, text, code]) {
  const nothing = noRuns();
  if (nothing) return nothing;
  if (tags.error) return errorPlaceholder(tags.error, () => tags.load());
  if (!tags.isLoaded) return loadingPlaceholder("Reading the logs…");
  if (all.length > 0)
    return emptyPlaceholder("No tag matches this filter", `There are ${all.length} tags.`, {
      actions: [["Clear the filter", () => view.set({ tags: "" })]],
    });
  return emptyPlaceholder(title, text, { code });
}
