// Owns the Scalars tab: its controls, the groups of charts, the legend of config groups.

import { check, segmented } from "../base/buttons.js";
import { colourDot, h, setCss, setText, settle } from "../base/dom.js";
import { joinStops } from "../base/emitter.js";
import { mountCards, tagsFilter } from "../cards/tag_tab.js";
import { ChartCard } from "../charts/chart.js";
import { BANDS, CENTRES } from "../charts/group_bands.js";
import { groupColour } from "../model/colours.js";
import { groupOrder, groupTitle, isGrouped } from "../model/grouping.js";
import { selection } from "../model/selection.js";
import { MOST_LINES } from "../model/series.js";
import { view } from "../model/view.js";
import { colourControl, groupControl } from "./group_control.js";

const ENDED = "Leave out runs that are running, have failed or were interrupted";
const MEMBERS = "Draw each run faintly behind its group";
const CLIP = "Clip values far from the others; each chart has its own switch";
const AXES = [
  ["step", "Step", "x is the iteration"],
  ["relative", "Relative", "x is the time since the run's first point"],
  ["wall", "Wall", "x is the clock time"],
];

export function mountScalars(root) {
  const axis = segmented("X-axis", AXES, view.get("x"), (x) => view.set({ x, zoom: {} }));
  const refuse = () =>
    axis.refuse(isGrouped() ? "Groups are drawn over steps, since their runs may share no times" : null);
  const [filter, endFilter] = tagsFilter();
  const [smooth, endSmooth] = smoothing();
  const [groupBy, endGroupBy] = groupControl();
  const [colourBy, endColourBy] = colourControl();
  const [legend, endLegend] = groupLegend();
  const [note, endNote] = envelopeNote();
  const clip = check("clip outliers", !view.get("outliers"), (isOn) => view.set({ outliers: !isOn, clip: [] }), CLIP);
  const label = { class: "toolbar", role: "toolbar", "aria-label": "Charts" };
  const stops = [
    view.on("x", (x) => axis.show(x)),
    view.on("group", refuse),
    view.on("outliers", (isOn) => {
      clip.querySelector("input").checked = !isOn;
    }),
    endSmooth,
    endFilter,
    endGroupBy,
    endColourBy,
    endLegend,
    endNote,
  ];
  const end = mountCards(root, {
    kind: "scalars",
    controls: [h("div", label, filter, smooth, axis, groupBy, colourBy, clip, legend), note],
    make: (tag, element) => new ChartCard(tag, element),
    empty: [
      "No scalars yet",
      "The selected runs have logged no numbers. Charts appear here with the first point.",
      'logger.add_scalar("loss", loss)',
    ],
  });
  refuse();
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

/** The legend of the groups, with what is shown of them; returns `[element, stop]`. */
function groupLegend() {
  const title = h("span", { class: "muted" });
  const centres = segmented("Centre", CENTRES, view.get("centre"), (centre) => view.set({ centre }));
  const bands = segmented("Band", BANDS, view.get("band"), (band) => view.set({ band }));
  const ended = check("finished runs only", view.get("ended"), (on) => view.set({ ended: on }), ENDED);
  const members = check("members", view.get("members"), (on) => view.set({ members: on }), MEMBERS);
  const legend = h("div", { class: "legend", "aria-label": "Groups" });
  const show = () => {
    legend.hidden = !isGrouped();
    setText(title, groupTitle());
    centres.show(view.get("centre"));
    bands.show(view.get("band"));
    ended.querySelector("input").checked = view.get("ended");
    members.querySelector("input").checked = view.get("members");
    settle(legend, [title, centres, bands, ended, members, ...groupOrder.names().map(chip)]);
  };
  const keys = ["group", "groupbut", "centre", "band", "ended", "members"];
  const stops = [
    groupOrder.on("change", show),
    view.on("change", (changed) => changed.some((key) => keys.includes(key)) && show()),
  ];
  show();
  return [legend, joinStops(stops)];
}

function chip(name) {
  const dot = colourDot(groupColour(groupOrder.index(name)));
  const size = h("small", {}, `n = ${groupOrder.size(name)}`);
  return h("span", { class: "chip", title: name }, dot, h("span", { class: "chip-name" }, name), size);
}

/** The one note about runs that have no line of their own; returns `[element, stop]`. */
function envelopeNote() {
  const note = h("p", { class: "muted toolbar-note", role: "status" });
  const show = () => {
    const isMany = !isGrouped() && selection.chosen.length > MOST_LINES;
    const text = `Charts of more than ${MOST_LINES} runs show the median with the middle 50 % and 90 % of all, the first ${MOST_LINES} faintly, and the run under the pointer.`;
    setText(note, isMany ? text : "");
  };
  const stops = [selection.on("change", show), view.on("group", show)];
  show();
  return [note, joinStops(stops)];
}
