// Owns the sheet in which the columns of the table of runs are chosen.

import { check } from "../base/buttons.js";
import { fill, h, setText } from "../base/dom.js";
import { icon } from "../base/icons.js";
import { view } from "../model/view.js";
import { choices, isChosen, MOST_SCALARS } from "./columns.js";

const SCALARS = "Scalars";
const GROUPS = ["Run", "Config", SCALARS];
const MOST_LISTED = 300;

/** Show the sheet for runs with these configs; what is chosen is in the view at once. */
export function showColumns(configs) {
  let isCut = false;
  const list = h("div", { class: "column-list" });
  const rest = h("p", { class: "muted", role: "status" });
  const filter = h("input", {
    class: "field",
    type: "search",
    placeholder: "Filter columns",
    "aria-label": "Filter columns",
    spellcheck: "false",
    autocomplete: "off",
    oninput: () => draw(),
  });
  const found = () => {
    const text = filter.value.toLowerCase();
    return choices(configs).filter(({ label }) => label.toLowerCase().includes(text));
  };
  const choose = (changed, isOn) => {
    const keys = new Set(changed.map(({ key }) => key));
    const cols = choices(configs).filter((choice) => (keys.has(choice.key) ? isOn : isChosen(choice)));
    const [scalars, others] = [true, false].map((isScalar) =>
      cols.filter(({ group }) => (group === SCALARS) === isScalar),
    );
    view.set({ cols: [...others, ...scalars.slice(0, MOST_SCALARS)].map(({ key }) => key) });
    isCut = scalars.length > MOST_SCALARS;
    if (isCut) draw();
  };
  const draw = () => {
    const all = found();
    const listed = all.slice(0, MOST_LISTED);
    const box = (choice) => check(choice.label, isChosen(choice), (isOn) => choose([choice], isOn));
    const section = (title, members) => (members.length > 0 ? [h("h3", {}, title), members.map(box)] : null);
    fill(
      list,
      GROUPS.map((title) =>
        section(
          title,
          listed.filter(({ group }) => group === title),
        ),
      ),
    );
    const more = all.length > listed.length ? `${all.length - listed.length} more: filter to see them. ` : "";
    setText(rest, more + (isCut ? `Only ${MOST_SCALARS} scalars can have a column.` : ""));
  };
  const link = (label, action) => {
    const onclick = () => {
      action();
      draw();
    };
    return h("button", { class: "link", type: "button", onclick }, label);
  };
  const dialog = h(
    "dialog",
    { class: "sheet columns-sheet", "aria-label": "Columns" },
    h("h2", {}, "Columns"),
    h("label", { class: "search" }, icon("search"), filter),
    h(
      "p",
      { class: "links" },
      link("Select all", () => choose(found(), true)),
      link("Select none", () => choose(found(), false)),
      link("Default columns", () => view.set({ cols: null })),
    ),
    list,
    rest,
    h("button", { class: "button", type: "button", onclick: () => dialog.close() }, "Close"),
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  draw();
  document.body.append(dialog);
  dialog.showModal();
}
