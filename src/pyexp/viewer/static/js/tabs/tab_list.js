// Owns the list of tabs. Those with a `kind` show only when the looked-at runs have logged such things.

import { mountLog } from "../output/log.js";
import { mountRuns } from "../runs_table/table.js";
import { mountFigures, mountImages } from "./figures.js";
import { mountHistograms } from "./histograms.js";
import { mountScalars } from "./scalars.js";
import { mountTables } from "./tables.js";
import { mountText } from "./text.js";

export const TABS = [
  { name: "scalars", label: "Scalars", mount: mountScalars },
  { name: "text", label: "Text", mount: mountText },
  { name: "figures", label: "Figures", mount: mountFigures },
  { name: "images", label: "Images", mount: mountImages, kind: "images" },
  { name: "histograms", label: "Histograms", mount: mountHistograms, kind: "histograms" },
  { name: "tables", label: "Tables", mount: mountTables, kind: "tables" },
  { name: "runs", label: "Runs", mount: mountRuns },
  { name: "log", label: "Log", mount: mountLog },
];
