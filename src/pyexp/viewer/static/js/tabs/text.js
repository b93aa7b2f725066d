// Owns the Text tab: what each run logged as text, at the slider's step.

import { fill, h, setText } from "../base/dom.js";
import { bytes } from "../base/format.js";
import { isDropped, Latest } from "../base/latest.js";
import { getJson, getText } from "../model/api.js";
import { mountEntries } from "./entry_tab.js";

export function mountText(root) {
  return mountEntries(root, {
    kind: "texts",
    label: "Texts",
    makeBody: textBody,
    empty: ["No texts yet", "The selected runs have logged no text.", 'logger.add_text("sample", text)'],
  });
}

function textBody(tag, run) {
  const text = h("pre", { class: "logged-text", tabindex: "0" });
  const more = h("div", { class: "tile-more" });
  const latest = new Latest();
  const show = async (entry) => {
    latest.drop();
    fill(more);
    if (!entry) return setText(text, "");
    const asked = { tag: tag.id, runs: run.id, before: entry.index + 1, limit: 1 };
    const answer = await latest.ask((signal) => getJson("/api/texts", asked, signal));
    const found = answer.runs[0]?.entries.at(-1);
    setText(text, found?.text ?? "");
    if (found?.cut) fill(more, wholeButton(found));
  };
  const wholeButton = (found) =>
    h("button", { class: "link", type: "button", onclick: () => showWhole(found) }, `Show all ${bytes(found.length)}`);
  const showWhole = async (found) => {
    const asked = { run: run.id, tag: tag.id, index: found.index };
    try {
      setText(text, await latest.ask((signal) => getText("/api/text", asked, signal)));
      fill(more);
    } catch (error) {
      if (!isDropped(error)) fill(more, wholeButton(found), h("p", { class: "card-note is-error" }, error.message));
    }
  };
  return { element: h("div", {}, text, more), show, end: () => latest.drop() };
}
