// Owns the page's start: the token, the catalogue, and what is shown when one of them is refused.
// The workspace is loaded meanwhile.

import { keepToken, takeToken } from "./api.js";
import { catalog } from "./catalog.js";
import { fill, h } from "./dom.js";
import { errorState, loadingState, tokenState } from "./states.js";
import { view } from "./state.js";

const app = document.getElementById("app");

async function start() {
  takeToken();
  view.load();
  fill(app, h("main", { class: "lone" }, loadingState("Looking for runs…")));
  try {
    const [{ showWorkspace }] = await Promise.all([import("./workspace.js"), catalog.load()]);
    app.removeAttribute("aria-busy");
    showWorkspace(app, () => showRefusal({ status: 401 }));
  } catch (error) {
    showRefusal(error);
  }
}

function showRefusal(error) {
  app.removeAttribute("aria-busy");
  const again = () => location.reload(); // the token is kept for this tab, the view is in the address
  const content = error.status === 401 ? tokenState((given) => (keepToken(given), again())) : errorState(error, again);
  fill(app, h("main", { class: "lone" }, content));
}

start();
