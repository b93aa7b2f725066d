// Owns the Figures and Images tabs.

import { FigureBody } from "../figures/figure_body.js";
import { mountEntries } from "./entry_tab.js";

export function mountFigures(root) {
  return mountEntries(root, {
    kind: "figures",
    label: "Figures",
    makeBody: (tag, run, entries) => new FigureBody("figures", tag, run, entries),
    empty: ["No figures yet", "The selected runs have logged no figures.", 'logger.add_figure("curve", figure)'],
  });
}

export function mountImages(root) {
  return mountEntries(root, {
    kind: "images",
    label: "Images",
    makeBody: (tag, run, entries) => new FigureBody("images", tag, run, entries),
    empty: ["No images yet", "The selected runs have logged no images.", 'logger.add_image("sample", array)'],
  });
}
