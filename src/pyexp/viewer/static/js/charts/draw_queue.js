// Owns when charts are drawn: one a frame, those that wait longest first; each at most four times a second, less often
// where no one looks or where nothing would be seen, and all of them together for a part of the time. Drawing costs go
// by charts and points, so this keeps the page answering. What was never drawn waits for nothing.

const LEAST_MS = 250;
const AWAY_MS = 1000; // while another window has the focus
const SMALL_MS = 2000; // for what moves no line by a pixel
const FRAME_MS = 16;
const REST = 8; // so many times as long as the last drawing took nothing is drawn, but what is urgent
const LONGEST_REST_MS = 1000;

const waiting = new Map(); // key -> {draw, due}
const drawnAt = new WeakMap();
let timer;
let frame;
let restUntil = 0;

/**
 * Draw `key` (an object) soon; a later request replaces an earlier one, and the earlier of both times holds. `isSmall`
 * says that hardly anything would be seen.
 */
export function scheduleDraw(key, draw, { isUrgent = false, isSmall = false } = {}) {
  const least = isSmall ? SMALL_MS : document.hasFocus() ? LEAST_MS : AWAY_MS;
  const due = isUrgent || !drawnAt.has(key) ? 0 : drawnAt.get(key) + least;
  waiting.set(key, { draw, due: Math.min(due, waiting.get(key)?.due ?? Infinity) });
  ask();
}

export function cancelDraw(key) {
  waiting.delete(key);
}

function ask() {
  clearTimeout(timer);
  if (frame !== undefined || waiting.size === 0) return;
  const wait = Math.min(...[...waiting.values()].map(startOf)) - performance.now();
  if (wait > FRAME_MS) timer = setTimeout(ask, wait);
  else frame = requestAnimationFrame(step);
}

function startOf({ due }) {
  return due === 0 ? 0 : Math.max(due, restUntil);
}

async function step(now) {
  frame = undefined;
  const next = [...waiting].find(([, entry]) => startOf(entry) <= now);
  if (next) await drawNow(...next, now);
  ask();
}

async function drawNow(key, { draw }, now) {
  waiting.delete(key);
  drawnAt.set(key, now);
  const begin = performance.now();
  await draw();
  const end = performance.now();
  restUntil = end + Math.min(REST * (end - begin), LONGEST_REST_MS);
}
