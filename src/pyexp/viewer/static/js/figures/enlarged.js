// Owns the view of one picture alone, as large as the screen allows.

import { iconButton } from "../base/buttons.js";
import { h } from "../base/dom.js";

/** Show `image` alone; Escape or a click closes it. */
export function enlarge(image) {
  const copy = h("img", { class: `${image.className} is-enlarged`, src: image.src, alt: image.alt });
  const dialog = h(
    "dialog",
    { class: "enlarged", "aria-label": image.alt },
    copy,
    iconButton("close", "Close", () => dialog.close()),
  );
  dialog.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
