// Owns the small tables of values: one floats next to a chart, one below a chart of groups has the newest of each.
// Texts are text nodes: names are never markup.

import { colourDot, fill, h, setCss, settle } from "../base/dom.js";
import { duration, moment, number } from "../base/format.js";
import { shortNames } from "../base/names.js";

const MOST_LETTERS = 34;
const MOST_ROWS = 40;

const bubble = h("div", { class: "bubble", "aria-hidden": "true" });

export function hideValues() {
  bubble.classList.remove("is-on");
}

/**
 * Show `rows`, `{line, at}`, next to a place of the window. `target` (or null) is the row that is pointed at, `closest`
 * the one whose step and time are shown; `hidden` rows are only counted.
 */
export function showValues({ rows, target, closest, hidden }, x, y) {
  const names = shortNames(
    rows.map((row) => row.line.name),
    MOST_LETTERS,
  );
  const whole = target && names[rows.indexOf(target)] !== target.line.name ? target.line.name : null;
  fill(
    bubble,
    h("p", { class: "bubble-head" }, headOf(closest)),
    whole === null ? null : h("p", { class: "bubble-whole" }, whole),
    h(
      "table",
      {},
      h(
        "tbody",
        {},
        rows.map((row, i) => valueRow(row, names[i], row === target)),
      ),
    ),
    hidden > 0 ? h("p", { class: "bubble-more" }, `and ${hidden} more`) : null,
  );
  place(x, y);
}

function headOf({ line, at }) {
  const step = `step ${number(line.step[at])}`;
  return line.time ? `${step} · ${moment(line.time[at])} · ${duration(line.time[at] - line.startedAt)}` : step;
}

function valueRow({ line, at }, name, isTarget) {
  const dot = colourDot(line.colour, line.dash);
  const texts = line.texts?.(at) ?? { value: number(line.y[at]), spread: line.second?.(at) };
  return h(
    "tr",
    { class: isTarget ? "is-target" : "" },
    h("td", {}, dot),
    h("td", { class: "name" }, name),
    h("td", { class: "value" }, texts.value),
    texts.spread ? h("td", { class: "value second" }, texts.spread) : null,
    texts.size ? h("td", { class: "value second" }, texts.size) : null,
  );
}

function place(x, y) {
  if (!bubble.isConnected) document.body.append(bubble);
  bubble.classList.add("is-on");
  const box = bubble.getBoundingClientRect();
  const left = x + 16 + box.width > innerWidth - 8 ? Math.max(8, x - 16 - box.width) : x + 16;
  const top = Math.min(Math.max(8, y + 12), Math.max(8, innerHeight - box.height - 8));
  setCss(bubble, { transform: `translate(${Math.round(left)}px, ${Math.round(top)}px)` });
}

/** Show the groups as drawn in `place`; none empties it. */
export function showGroups(place, groups) {
  place.hidden = groups.length === 0;
  settle(place, groups.slice(0, MOST_ROWS).map(groupRow));
}

function groupRow(group) {
  const at = group.x.length - 1;
  const { value, spread, size } = group.texts(at);
  const dot = colourDot(group.colour);
  return h(
    "li",
    { class: "group-row", title: `${group.name}\nat step ${group.step[at]}` },
    dot,
    h("span", { class: "group-name" }, group.name),
    h("span", { class: "group-value" }, `${value} ${spread} `, h("small", {}, `(${size})`)),
  );
}
