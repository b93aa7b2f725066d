// Owns what happens when the server requires a token while the workspace is open: the form covers it until a token is
// accepted or the server accepts the old one again.

import { iconButton } from "./base/buttons.js";
import { h } from "./base/dom.js";
import { tokenForm, WRONG_TOKEN } from "./base/placeholders.js";
import { tryToken } from "./model/api.js";
import { live } from "./model/live.js";

let dialog = null;

/** Ask for the token whenever the server refuses the one in use. */
export function guardWorkspace() {
  let before = live.status;
  live.on("status", (status) => {
    if (status === "refused" && before !== "refused") ask();
    if (status === "open") close();
    before = status;
  });
}

/** Use `given` from now on; when it is refused, the one in use stays, and if that is refused, too, the form says so. */
export async function useToken(given) {
  try {
    await take(given);
  } catch (error) {
    if (error.status !== 401 || live.status !== "refused") return;
    close();
    ask(WRONG_TOKEN);
  }
}

async function take(given) {
  await tryToken(given);
  live.retry();
}

function close() {
  dialog?.remove();
  dialog = null;
}

function ask(problem = "") {
  if (dialog) return;
  dialog = h(
    "dialog",
    { class: "sheet token-sheet", "aria-label": "Access" },
    iconButton("close", "Close", close),
    tokenForm(take, problem),
  );
  dialog.addEventListener("close", close);
  document.body.append(dialog);
  dialog.showModal();
}
