// Owns what the tabs of logged things (text, figures, images, histograms, tables) have in common: a toolbar, a card per
// tag, in it a tile per run.

import { h } from "../base/dom.js";
import { EntryCard } from "../cards/entry_card.js";
import { linkSwitch } from "../cards/stepper.js";
import { mountCards, tagsFilter } from "../cards/tag_tab.js";

/**
 * Mount the tab of `kind` in `root`; `makeBody` is as for `EntryCard`, `empty` as for `mountCards`. With a slider the
 * tiles show the entry at its step, else the newest. Returns the function that unmounts it.
 */
export function mountEntries(root, { kind, label, makeBody, empty, hasSlider = true }) {
  const [filter, stopFilter] = tagsFilter();
  const [link, stopLink] = hasSlider ? linkSwitch() : [null, () => {}];
  const toolbar = h("div", { class: "toolbar", role: "toolbar", "aria-label": label }, filter, link);
  const unmount = mountCards(root, {
    kind,
    controls: [toolbar],
    make: (tag, element) => new EntryCard(kind, tag, element, makeBody, hasSlider),
    empty,
  });
  return () => {
    stopLink();
    stopFilter();
    unmount();
  };
}
