// Owns the page's start: the token, the catalogue, and what is shown when one of them is refused.
// The workspace is loaded meanwhile.

import { fill, h } from "./base/dom.js";
import { isDropped, Latest } from "./base/latest.js";
import { emptyPlaceholder, errorPlaceholder, loadingPlaceholder, tokenForm, WRONG_TOKEN } from "./base/placeholders.js";
import { pendingToken, redeemTicketFromUrl, takeTokenFromUrl, tryToken, useKeptToken } from "./model/api.js";
import { catalog } from "./model/catalog.js";
import { view } from "./model/view.js";

const app = document.getElementById("app");
const entering = new Latest();
let workspace = null;

async function start() {
  const isKept = useKeptToken();
  try {
    const given = takeTokenFromUrl() ?? (await redeemTicketFromUrl()) ?? pendingToken();
    view.load();
    await enter(given, isKept);
  } catch (error) {
    app.removeAttribute("aria-busy");
    fill(app, h("main", { class: "lone" }, emptyPlaceholder("Run the cell again", error.message)));
  }
}

/** Go to the workspace; `given` is a token to try first, `isKept` says that one is in use already. */
async function enter(given, isKept) {
  fill(app, h("main", { class: "lone" }, loadingPlaceholder("Looking for runs…")));
  try {
    const { showWorkspace } = await entering.ask(() => prepare(given));
    app.removeAttribute("aria-busy");
    workspace = showWorkspace(app);
  } catch (error) {
    if (!isDropped(error)) showRefusal(error, given, given !== null || isKept);
  }
}

/** Fetch what the workspace needs; returns its module. */
async function prepare(given) {
  if (given) await tryToken(given);
  const [module] = await Promise.all([import("./workspace.js"), catalog.load()]);
  return module;
}

function showRefusal(error, given, hadToken) {
  app.removeAttribute("aria-busy");
  const again = () => enter(given, hadToken);
  const use = async (entered) => {
    await tryToken(entered);
    await enter(null, true);
  };
  const content = error.status === 401 ? tokenForm(use, hadToken ? WRONG_TOKEN : "") : errorPlaceholder(error, again);
  fill(app, h("main", { class: "lone" }, content));
  content.querySelector("input")?.focus();
}

/** The printed URL was opened in this tab: only the fragment has changed, nothing was loaded. */
async function takeToken() {
  const given = takeTokenFromUrl();
  if (!given) return;
  if (location.hash) view.load();
  else history.replaceState(null, "", view.url()); // the printed URL says nothing of the view: it stays
  if (workspace) await workspace.use(given);
  else await enter(given, false);
}

addEventListener("hashchange", takeToken);
start();
