// Owns when charts are drawn: one a frame, each at most four times a second, those that wait
// longest first. Drawing costs go by charts, so this keeps the page answering.

const LEAST_MS = 250;

const waiting = new Map(); // key -> {draw, due}
const drawnAt = new WeakMap();
let isAsked = false;

/** Draw `key` (an object) soon; a later request replaces an earlier one. */
export function scheduleDraw(key, draw, isUrgent = false) {
  const due = isUrgent ? 0 : (drawnAt.get(key) ?? -Infinity) + LEAST_MS;
  waiting.set(key, { draw, due: Math.min(due, waiting.get(key)?.due ?? Infinity) });
  ask();
}

export function cancelDraw(key) {
  waiting.delete(key);
}

function ask() {
  if (isAsked || waiting.size === 0) return;
  isAsked = true;
  requestAnimationFrame(step);
}

function step(now) {
  isAsked = false;
  for (const [key, { draw, due }] of waiting) {
    if (due > now) continue;
    waiting.delete(key);
    drawnAt.set(key, now);
    draw();
    break;
  }
  ask();
}
