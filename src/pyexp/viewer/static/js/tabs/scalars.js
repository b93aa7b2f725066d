// Owns the Scalars tab: its controls, the groups of charts, the legend of config groups.

import { segmented } from "../base/buttons.js";
import { fill, h, setCss, setText, settle } from "../base/dom.js";
import { mountCards, tagsFilter } from "../cards/tag_tab.js";
import { ChartCard } from "../charts/chart.js";
import { BANDS, groupOrder } from "../charts/group_bands.js";
import { getJson } from "../model/api.js";
import { groupColour } from "../model/colours.js";
import { selection } from "../model/selection.js";
import { view } from "../model/view.js";

const AXES = [
  ["step", "Step", "x is the iteration"],
  ["relative", "Relative", "x is the time since the run's first point"],
  ["wall", "Wall", "x is the clock time"],
];

export function mountScalars(root) {
  const axis = segmented("X-axis", AXES, view.get("x"), (x) => view.set({ x, zoom: {} }));
  const [groupBy, endGroupBy] = groupControl();
  const legend = h("div", { class: "legend", "aria-label": "Groups" });
  const bands = segmented("Band", BANDS, view.get("band"), (band) => view.set({ band }));
  const showLegend = () => {
    drawLegend(legend, bands);
    axis.refuse(view.get("group") ? "Groups are drawn over steps, since runs need not share times" : null);
  };
  const stops = [
    view.on("x", (x) => axis.show(x)),
    view.on("band", (band) => bands.show(band)),
    groupOrder.on("change", showLegend),
    view.on("group", showLegend),
  ];
  const [smooth, endSmooth] = smoothing();
  const [filter, endFilter] = tagsFilter();
  const toolbar = h(
    "div",
    { class: "toolbar", role: "toolbar", "aria-label": "Charts" },
    filter,
    smooth,
    axis,
    groupBy,
  );
  stops.push(endSmooth, endFilter, endGroupBy);
  const end = mountCards(root, {
    kind: "scalars",
    controls: [toolbar, legend],
    make: (tag, element) => new ChartCard(tag, element),
    empty: [
      "No scalars yet",
      "The selected runs have logged no numbers. Charts appear here with the first point.",
      'logger.add_scalar("loss", loss)',
    ],
  });
  showLegend();
  return () => {
    end();
    for (const stop of stops) stop();
  };
}

function smoothing() {
  const value = h("output", { class: "smooth-value" });
  const slider = h("input", {
    type: "range",
    min: "0",
    max: "0.99",
    step: "0.01",
    "aria-label": "Smoothing",
    value: String(view.get("smooth")),
  });
  const show = () => {
    setText(value, view.get("smooth").toFixed(2));
    setCss(slider, { "--part": `${(view.get("smooth") / 0.99) * 100}%` });
  };
  slider.addEventListener("input", () => view.set({ smooth: Number(slider.value) }));
  const stop = view.on("smooth", (smooth) => {
    slider.value = String(smooth);
    show();
  });
  show();
  return [h("label", { class: "control" }, "Smoothing", slider, value), stop];
}

/** The choice of the config key to group by; keys that differ come first. */
function groupControl() {
  const select = h("select", {
    class: "field select",
    "aria-label": "Group runs by a config key",
    onchange: () => {
      groupOrder.reset();
      view.set({ group: select.value, zoom: {} });
    },
  });
  const label = h("label", { class: "control" }, "Group by", select);
  let keys = [];
  const show = () => {
    const current = view.get("group");
    const offered = current && !keys.includes(current) ? [current, ...keys] : keys;
    fill(
      select,
      h("option", { value: "" }, "none"),
      offered.map((key) => h("option", { value: key }, key)),
    );
    select.value = current;
    label.hidden = offered.length === 0;
  };
  const load = async () => {
    const runs = selection.chosen.map((run) => run.id).join();
    try {
      keys = runs ? differing(await getJson("/api/configs", { runs })) : [];
    } catch {
      return; // the charts say it when the server is away; the keys stay as they were
    }
    show();
  };
  const stops = [selection.on("change", load), view.on("group", show)];
  show();
  load();
  return [
    label,
    () => {
      for (const stop of stops) stop();
    },
  ];
}

function differing({ keys }) {
  const differ = keys.filter((key) => key.differs);
  return (differ.length > 0 ? differ : keys).map(({ key }) => key);
}

function drawLegend(legend, bands) {
  const names = view.get("group") ? groupOrder.names() : [];
  legend.hidden = names.length === 0;
  const chips = names.map((name) => {
    const dot = h("i", { class: "dot" });
    setCss(dot, { background: groupColour(groupOrder.index(name)) });
    return h("span", { class: "chip" }, dot, name);
  });
  settle(legend, [h("span", { class: "muted" }, `${view.get("group")}, mean`), bands, ...chips]);
}
