// Owns reading values off a chart: a crosshair and a small table of the lines at that place,
// by pointer or by the arrow keys. Texts are text nodes: names are never markup.

import { fill, h, setCss } from "./dom.js";
import { duration, moment, number } from "./format.js";

const MOST_ROWS = 12;

const bubble = h("div", { class: "bubble", "aria-hidden": "true" });
const spoken = h("div", { class: "unseen", role: "status" });

/**
 * Make `plot` readable. `lines()` gives drawn lines (`x`, `y`, `raw`, `step`, `time`, `name`, `colour`); plotly's axes are
 * read when needed, as they change with every draw.
 */
export function makeReadable(plot, lines) {
  const hair = h("div", { class: "hair" });
  plot.parentElement.append(hair);
  let index = null;
  const hide = () => {
    hair.classList.remove("is-on");
    bubble.classList.remove("is-on");
    index = null;
  };
  const showAt = (x, cursor) => show(plot, hair, lines(), x, cursor);
  plot.addEventListener("pointermove", (event) => {
    const place = placeOf(plot, event);
    if (place && event.buttons === 0) showAt(place.axis.p2l(place.x), place);
    else hide();
  });
  plot.addEventListener("pointerleave", hide);
  plot.addEventListener("blur", hide);
  plot.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const longest = lines().reduce((best, line) => (line.x.length > (best?.x.length ?? 0) ? line : best), null);
    if (!step || !longest) return;
    event.preventDefault();
    index = Math.min(longest.x.length - 1, Math.max(0, index === null ? longest.x.length - 1 : index + step));
    const rows = showAt(longest.x[index], null);
    spoken.textContent = rows.map(({ line, at }) => `${line.name}: ${number(line.y[at])}`).join("; ");
  });
  return hide;
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
  fillBubble(sorted, cursor ? target : null, closest, rows.length - near.length);
  const box = plot.getBoundingClientRect();
  placeBubble(cursor?.clientX ?? box.left + left, cursor?.clientY ?? box.top + size.t);
  return sorted;
}

/** A line that has ended well before this place has nothing to say about it. */
function isNear(line, at, x) {
  const span = line.x[line.x.length - 1] - line.x[0];
  return x <= line.x[line.x.length - 1] + span * 0.02 || at < line.x.length - 1 || line.x.length === 1;
}

/** The index of the value of sorted `list` that is nearest to `x`; -1 for an empty list. */
export function nearest(list, x) {
  let low = 0;
  let high = list.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low > 0 && x - list[low - 1] <= list[low] - x ? low - 1 : high;
}

function fillBubble(rows, target, { line, at }, hidden) {
  const isSmooth = rows.some((row) => row.line.raw !== row.line.y && !row.line.deviation);
  const time = line.time ? ` · ${moment(line.time[at])} · ${duration(line.time[at] - line.time[0])}` : "";
  const body = rows.map((row) => {
    const dot = h("i", { class: "dot" });
    setCss(dot, { background: row.line.colour });
    const second = row.line.deviation
      ? `± ${number(row.line.deviation[row.at])}`
      : isSmooth
        ? number(row.line.raw[row.at])
        : null;
    return h(
      "tr",
      { class: row === target ? "is-target" : "" },
      h("td", {}, dot),
      h("td", { class: "name" }, row.line.name),
      h("td", { class: "value" }, number(row.line.y[row.at])),
      second === null ? null : h("td", { class: "value second" }, second),
    );
  });
  fill(
    bubble,
    h("p", { class: "bubble-head" }, `step ${number(line.step[at])}${time}`),
    h("table", {}, h("tbody", {}, body)),
    hidden > 0 ? h("p", { class: "bubble-more" }, `and ${hidden} more`) : null,
  );
}

function placeBubble(x, y) {
  if (!bubble.isConnected) document.body.append(bubble, spoken);
  bubble.classList.add("is-on");
  const box = bubble.getBoundingClientRect();
  const left = x + 16 + box.width > innerWidth - 8 ? Math.max(8, x - 16 - box.width) : x + 16;
  const top = Math.min(Math.max(8, y + 12), Math.max(8, innerHeight - box.height - 8));
  setCss(bubble, { transform: `translate(${Math.round(left)}px, ${Math.round(top)}px)` });
}
