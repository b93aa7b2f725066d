// Owns the width of the runs panel: dragged or moved with the arrow keys, and kept for the next visit.

import { h, setCss } from "../base/dom.js";

const KEY = "pyexp.panel";
const [LEAST, USUAL, MOST] = [200, 288, 640];
const STEP = 16;

/** The edge of the panel. */
export function panelEdge() {
  const edge = h("div", {
    class: "panel-edge",
    role: "separator",
    tabindex: "0",
    "aria-orientation": "vertical",
    "aria-label": "Width of the runs panel",
    "aria-valuemin": String(LEAST),
    "aria-valuemax": String(MOST),
    title: "Drag to resize; double-click for the default width",
  });
  let width = stored();
  const show = (wanted) => {
    width = Math.min(MOST, Math.max(LEAST, Math.round(wanted)));
    setCss(document.documentElement, { "--panel": `${width}px` });
    edge.setAttribute("aria-valuenow", String(width));
  };
  const keep = (wanted) => {
    show(wanted);
    store(width);
  };
  edge.addEventListener("pointerdown", (event) => {
    edge.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  edge.addEventListener("pointermove", (event) => edge.hasPointerCapture(event.pointerId) && show(event.clientX));
  edge.addEventListener("pointerup", () => store(width));
  edge.addEventListener("dblclick", () => keep(USUAL));
  edge.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (step) keep(width + step);
  });
  show(width);
  return edge;
}

function stored() {
  try {
    return Number(localStorage.getItem(KEY)) || USUAL;
  } catch {
    return USUAL;
  }
}

function store(width) {
  try {
    localStorage.setItem(KEY, String(width));
  } catch {
    // Storage may be forbidden: the width then lasts as long as the page.
  }
}
