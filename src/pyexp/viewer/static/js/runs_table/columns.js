// Owns which columns the table of runs can have and which it has: the run itself, config keys, statistics of scalars.

import { duration, moment, number } from "../base/format.js";
import { catalog, elapsed } from "../model/catalog.js";
import { tags } from "../model/tags.js";
import { view } from "../model/view.js";

const FIRST_SCALARS = 20;
const NOTHING = "—"; // never logged, or no such key
const WAITING = "…";
export const MOST_SCALARS = 100; // each is read whole by the server, again and again while a run is running
const OWN = [
  ["batch", "Batch"],
  ["status", "Status"],
  ["duration", "Duration"],
  ["started", "Started"],
];

/** All that can be chosen, `{key, label, group, isFirst}`; `isFirst` ones are shown until something is chosen. */
export function choices(configs) {
  const own = OWN.filter(([key]) => key !== "batch" || catalog.batches.size > 1);
  return [
    ...own.map(([key, label]) => ({ key, label, group: "Run", isFirst: true })),
    ...configs.keys.map(({ key, differs }) => ({ key: `c.${key}`, label: key, group: "Config", isFirst: differs })),
    ...tags
      .list("scalars")
      .map(({ name }, i) => ({ key: `s.${name}`, label: name, group: "Scalars", isFirst: i < FIRST_SCALARS })),
  ];
}

/** Whether the column of a choice is shown. */
export function isChosen({ key, isFirst }) {
  return view.get("cols")?.includes(key) ?? isFirst;
}

/** The scalars that have columns. */
export function chosenScalars() {
  const cols = view.get("cols");
  const all = tags.list("scalars");
  if (cols === null) return all.slice(0, FIRST_SCALARS);
  const keys = new Set(cols);
  return all.filter(({ name }) => keys.has(`s.${name}`)).slice(0, MOST_SCALARS);
}

/** The columns of the table: `{key, label, group, value(run), show(run), isNumeric, kind}`. */
export function runColumns(facts) {
  const { configs } = facts;
  const shown = new Set(
    choices(configs)
      .filter(isChosen)
      .map(({ key }) => key),
  );
  const ofConfig = configs.keys.map(({ key }, i) => {
    const value = (run) => configs.rows.get(run.id)?.[i];
    return { key: `c.${key}`, label: key, group: "config", value, show: (run) => value(run) ?? NOTHING };
  });
  const ofScalars = chosenScalars().flatMap((tag) => view.get("stat").map((stat) => statColumn(facts, tag, stat)));
  const chosen = [...ownColumns(), ...ofConfig].filter(({ key }) => shown.has(key));
  return [{ key: "name", label: "Run", value: (run) => run.name, kind: "name" }, ...chosen, ...ofScalars];
}

function ownColumns() {
  const batch = (run) => catalog.batchLabel(run);
  const started = (run) => run.started;
  return [
    { key: "batch", label: "Batch", value: batch, show: batch },
    { key: "status", label: "Status", value: (run) => run.status, kind: "status" },
    { key: "duration", label: "Duration", value: elapsed, show: (run) => duration(elapsed(run)), isNumeric: true },
    { key: "started", label: "Started", value: started, show: (run) => moment(run.started), isNumeric: true },
  ];
}

function statColumn(facts, { id, name }, stat) {
  const found = (run) => facts.statistics(run.id, id);
  const value = (run) => found(run)?.[stat];
  return {
    key: `s.${stat}.${name}`,
    label: name,
    group: stat,
    value,
    show: (run) => (found(run) ? number(value(run)) : found(run) === null ? NOTHING : WAITING),
    isNumeric: true,
  };
}
