// Owns the Text tab: what each run logged as text, at the slider's step.

import { fill, h, setText } from "../base/dom.js";
import { bytes } from "../base/format.js";
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
  let controller = null;
  const show = async (entry) => {
    controller?.abort();
    fill(more);
    if (!entry) return setText(text, "");
    controller = new AbortController();
    const { signal } = controller;
    const asked = { tag: tag.id, runs: run.id, before: entry.index + 1, limit: 1 };
    const answer = await getJson("/api/texts", asked, signal);
    const found = answer.runs[0]?.entries.at(-1);
    setText(text, found?.text ?? "");
    if (found?.cut) fill(more, wholeButton(found, signal));
  };
  const wholeButton = (found, signal) =>
    h(
      "button",
      {
        class: "link",
        type: "button",
        onclick: async () => {
          setText(text, await getText("/api/text", { run: run.id, tag: tag.id, index: found.index }, signal));
          fill(more);
        },
      },
      `Show all ${bytes(found.length)}`,
    );
  return { element: h("div", {}, text, more), show, end: () => controller?.abort() };
}
