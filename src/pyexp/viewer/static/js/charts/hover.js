// Owns reading values off a chart: a crosshair and a small table of the lines at that place, by mouse, by a tap or by
// the arrow keys.

import { h, setCss } from "../base/dom.js";
import { number } from "../base/format.js";
import { highlight } from "../model/highlight.js";
import { hideValues, showValues } from "./value_table.js";

const MOST_ROWS = 12;
const POINTED_PX = 10;
const TAP_PX = 10; // a finger that moves further does something else

const spoken = h("div", { class: "unseen", role: "status" });

let tapped = null; // {plot, hide} of the chart whose values a tap has shown: they stay until the next one
document.addEventListener("pointerdown", ({ target }) => {
  if (tapped && !tapped.plot.contains(target)) tapped.hide();
});

/**
 * Make `plot` readable. `lines()` gives what is drawn (see `drawnLines`), each perhaps with `second(at)`, a further
 * value as text; plotly's axes are read when needed, as they change with every draw.
 */
export function makeReadable(plot, lines) {
  const hair = h("div", { class: "hair" });
  plot.parentElement.append(hair);
  let index = null;
  const hide = () => {
    hair.classList.remove("is-on");
    hideValues();
    index = null;
    tapped = null;
  };
  const showAt = (x, cursor) => show(plot, hair, lines(), x, cursor);
  plot.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    const place = placeOf(plot, event);
    if (place && event.buttons === 0) {
      const rows = showAt(place.axis.p2l(place.x), place);
      highlight.set(pointedRun(plot, rows, place));
    } else hide();
  });
  plot.addEventListener("pointerleave", (event) => {
    if (event.pointerType === "touch") return;
    highlight.set(null);
    hide();
  });
  onTap(plot, (event) => {
    const place = placeOf(plot, event);
    hide();
    if (place && showAt(place.axis.p2l(place.x), place).length > 0) tapped = { plot, hide };
  });
  plot.addEventListener("pointercancel", hide); // it scrolls
  plot.addEventListener("blur", () => hair.classList.contains("is-on") && hide());
  plot.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const longest = lines().reduce((best, line) => (line.x.length > (best?.x.length ?? 0) ? line : best), null);
    if (!step || !longest) return;
    event.preventDefault();
    index = Math.min(longest.x.length - 1, Math.max(0, index === null ? longest.x.length - 1 : index + step));
    const rows = showAt(longest.x[index], null);
    if (!spoken.isConnected) document.body.append(spoken);
    spoken.textContent = rows
      .map(({ line, at }) => `${line.name}: ${number(line.y[at])}${line.texts ? `, ${line.texts(at).size}` : ""}`)
      .join("; ");
  });
  return hide;
}

/** Call `tap` when a finger is set down and lifted at one place; one that scrolls or drags is something else. */
function onTap(plot, tap) {
  let start = null;
  plot.addEventListener("pointerdown", (event) => (start = event));
  plot.addEventListener("pointerup", (event) => {
    if (event.pointerType !== "touch" || start === null) return;
    if (Math.hypot(event.clientX - start.clientX, event.clientY - start.clientY) < TAP_PX) tap(event);
  });
  plot.addEventListener("pointercancel", () => (start = null));
}

/** The run whose line is right under the pointer, or null. */
function pointedRun(plot, rows, cursor) {
  const { yaxis } = plot._fullLayout;
  const distance = ({ line, at }) => Math.abs(yaxis.l2p(yaxis.d2l(line.y[at])) - cursor.y);
  const nearest = rows.reduce((best, row) => (best && distance(best) <= distance(row) ? best : row), null);
  return nearest && distance(nearest) <= POINTED_PX ? (nearest.line.run ?? null) : null;
}

function placeOf(plot, event) {
  const full = plot._fullLayout;
  if (!full?.xaxis || !full._size) return null;
  const box = plot.getBoundingClientRect();
  const x = event.clientX - box.left - full._size.l;
  const y = event.clientY - box.top - full._size.t;
  if (x < 0 || y < 0 || x > full._size.w || y > full._size.h) return null;
  return { x, y, axis: full.xaxis, clientX: event.clientX, clientY: event.clientY };
}

function show(plot, hair, lines, x, cursor) {
  const { xaxis, yaxis, _size: size } = plot._fullLayout;
  const rows = lines
    .map((line) => ({ line, at: nearest(line.x, x) }))
    .filter(({ line, at }) => at >= 0 && isNear(line, at, x));
  if (rows.length === 0) return rows;
  const closest = rows.reduce((best, row) =>
    Math.abs(row.line.x[row.at] - x) < Math.abs(best.line.x[best.at] - x) ? row : best,
  );
  const left = size.l + xaxis.l2p(closest.line.x[closest.at]);
  setCss(hair, { left: `${left}px`, top: `${size.t}px`, height: `${size.h}px` });
  hair.classList.add("is-on");
  const distance = (row) => (cursor ? Math.abs(yaxis.l2p(yaxis.d2l(row.line.y[row.at])) - cursor.y) : 0);
  const near = [...rows].sort((a, b) => distance(a) - distance(b)).slice(0, MOST_ROWS);
  const [target] = near;
  const sorted = near.sort((a, b) => b.line.y[b.at] - a.line.y[a.at]);
  const box = plot.getBoundingClientRect();
  showValues(
    { rows: sorted, target: cursor ? target : null, closest, hidden: rows.length - near.length },
    cursor?.clientX ?? box.left + left,
    cursor?.clientY ?? box.top + size.t,
  );
  return sorted;
}

/** A line that has ended well before this place has no value there. */
function isNear(line, at, x) {
  const span = line.x[line.x.length - 1] - line.x[0];
  return x <= line.x[line.x.length - 1] + span * 0.02 || at < line.x.length - 1 || line.x.length === 1;
}

/** The index of the value of sorted `list` that is nearest to `x`; -1 for an empty list. */
function nearest(list, x) {
  let low = 0;
  let high = list.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low > 0 && x - list[low - 1] <= list[low] - x ? low - 1 : high;
}
