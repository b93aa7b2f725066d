// @ts-check
// Owns the requests to the server: the token, errors, binary frames and sockets.
// Knows the routes' shapes, not what is done with the answers.

// Viewers below several prefixes of one site have a token each.
const TOKEN_KEY = `pyexp.token${location.pathname === "/" ? "" : location.pathname}`;
const GIVEN_KEY = `${TOKEN_KEY}.given`; // what the server has not answered yet

/** @typedef {Record<string, string | number | boolean | null | undefined>} Params */

/**
 * A "PXS1" frame: each series has the columns named in `columns` as Float64Arrays, besides its own fields.
 *
 * @typedef {{ columns: string[], series: any[], [field: string]: any }} Frame
 */

/** @type {string | null} */
let token = null;

/**
 * Take the token out of the URL, which keeps the view alone; the tab keeps the token until it is tried. Null without
 * one.
 */
export function takeTokenFromUrl() {
  const given = takeFromUrl("token");
  if (given) keep(GIVEN_KEY, given);
  return given;
}

/**
 * Take a part out of the URL's fragment; null when it is not there.
 *
 * @param {string} name
 */
function takeFromUrl(name) {
  const parts = new URLSearchParams(location.hash.slice(1));
  const given = parts.get(name);
  if (!given) return null;
  parts.delete(name);
  const rest = parts.toString();
  history.replaceState(null, "", location.pathname + location.search + (rest ? `#${rest}` : ""));
  return given;
}

/**
 * Exchange the ticket in the URL for the token; null without one.
 *
 * @returns {Promise<string | null>}
 */
export async function redeemTicketFromUrl() {
  const ticket = takeFromUrl("ticket");
  if (!ticket) return null;
  const response = await fetch(addressOf("/ticket"), { headers: { Authorization: `Ticket ${ticket}` } });
  if (!response.ok) throw new ApiError(await sentence(response), response.status);
  const given = (await response.json()).token;
  keep(GIVEN_KEY, given);
  return given;
}

/** Return the token that was given before a reload and was not tried yet, or null. */
export function pendingToken() {
  return kept(GIVEN_KEY);
}

/** Use the token kept for this tab; returns whether there is one. */
export function useKeptToken() {
  token = kept(TOKEN_KEY);
  return token !== null;
}

/**
 * Ask the server with `given`; when it is accepted, use it from now on and keep it for this tab.
 *
 * @param {string} given
 */
export async function tryToken(given) {
  try {
    await request("/api/hello", {}, undefined, given);
  } catch (error) {
    if (error.status === 401) keep(GIVEN_KEY, null);
    throw error;
  }
  token = given;
  keep(TOKEN_KEY, given);
  keep(GIVEN_KEY, null);
}

/**
 * @param {string} key
 * @param {string | null} value
 */
function keep(key, value) {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, value);
  } catch {
    // Storage may be forbidden: a token then lasts as long as the page.
  }
}

/** @param {string} key */
function kept(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

/** An answer that is not the one asked for; `status` 0 means that the server was not reached. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number} status
   */
  constructor(message, status) {
    super(message);
    this.name = "ApiError";
    this.status = status;
  }
}

/**
 * @param {string} path
 * @param {Params} params null and undefined ones are left out
 * @param {AbortSignal} [signal]
 * @param {string | null} bearer
 */
async function request(path, params, signal, bearer = token) {
  const query = queryOf(params);
  /** @type {Record<string, string>} */
  const headers = bearer ? { Authorization: `Bearer ${bearer}` } : {};
  let response;
  try {
    response = await fetch(`${addressOf(path)}?${query}`, { headers, signal, cache: "no-cache" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("The viewer's server does not answer. Is it still running?", 0);
  }
  if (!response.ok) throw new ApiError(await sentence(response), response.status);
  return response;
}

/**
 * Return the address of a path of the server: below the page's own, since a proxy may serve it below any prefix.
 *
 * @param {string} path begins with a slash
 */
function addressOf(path) {
  return new URL(`.${path}`, document.baseURI).href;
}

/** @param {Params} params */
function queryOf(params) {
  const given = Object.entries(params).filter(([, value]) => value !== null && value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
}

/**
 * @param {Response} response
 * @returns {Promise<string>}
 */
async function sentence(response) {
  try {
    return (await response.json()).error;
  } catch {
    return `The server answered with status ${response.status}.`;
  }
}

/**
 * @param {string} path
 * @param {Params} params
 * @param {AbortSignal} [signal]
 * @returns {Promise<any>}
 */
export async function getJson(path, params = {}, signal) {
  return (await request(path, params, signal)).json();
}

/**
 * @param {string} path
 * @param {Params} params
 * @param {AbortSignal} [signal]
 * @returns {Promise<string>}
 */
export async function getText(path, params = {}, signal) {
  return (await request(path, params, signal)).text();
}

/**
 * @param {string} path
 * @param {Params} params
 * @param {AbortSignal} [signal]
 * @returns {Promise<Blob>}
 */
export async function getBlob(path, params = {}, signal) {
  return (await request(path, params, signal)).blob();
}

/**
 * @param {string} path
 * @param {Params} params
 * @param {AbortSignal} [signal]
 * @returns {Promise<Frame>}
 */
export async function getFrame(path, params = {}, signal) {
  return parseFrame(await (await request(path, params, signal)).arrayBuffer());
}

/**
 * Open a websocket that carries the token as a subprotocol.
 *
 * @param {string} path
 * @param {Params} params
 */
export function openSocket(path, params = {}) {
  const query = queryOf(params).toString();
  const url = `${addressOf(path).replace(/^http/, "ws")}${query ? `?${query}` : ""}`;
  const socket = new WebSocket(url, token ? ["pyexp.v1", `token.${token}`] : ["pyexp.v1"]);
  socket.binaryType = "arraybuffer";
  return socket;
}

/**
 * Read a "PXS1" frame.
 *
 * @param {ArrayBuffer} buffer
 * @returns {Frame}
 */
export function parseFrame(buffer) {
  const view = new DataView(buffer);
  if (buffer.byteLength < 8 || view.getUint32(0, false) !== 0x50585331) {
    throw new ApiError("The server sent a frame that this page does not understand. Reload the page.", 0);
  }
  const length = view.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const start = 8 + length;
  for (const series of header.series) {
    header.columns.forEach((/** @type {string} */ column, /** @type {number} */ index) => {
      series[column] = new Float64Array(buffer, start + series.offset + 8 * series.points * index, series.points);
    });
  }
  return header;
}
