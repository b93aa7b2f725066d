// Owns the WebGL contexts, of which a browser has few: past sixteen it takes the oldest away without asking.
// Knows figures only by `element`, `isInView` and `rest()`, which releases their contexts.

const MOST = 8;

const holders = new Map(); // figure -> how many it holds; the newest last
const waiting = new Map(); // figure -> draw()
let isDrawing = false;

/** Draw one figure at a time, the topmost first, so that what is drawn is counted before the next one is. */
export async function inTurn(figure, draw) {
  waiting.set(figure, draw);
  if (isDrawing) return;
  isDrawing = true;
  while (waiting.size > 0) {
    await new Promise(requestAnimationFrame); // those that come into view together are all there then
    const [next] = [...waiting].sort(([a], [b]) => byPlace(a, b));
    if (!next) break; // those that waited were dropped meanwhile
    const [first, task] = next;
    waiting.delete(first);
    await task().catch(reportError); // the others are still to be drawn
  }
  isDrawing = false;
}

function byPlace(a, b) {
  return a.element.compareDocumentPosition(b.element) & Node.DOCUMENT_POSITION_PRECEDING ? 1 : -1;
}

/** Whether all that may be held is held by figures in view. */
export function isFull() {
  let total = 0;
  for (const [figure, count] of holders) if (figure.isInView) total += count;
  return total >= MOST;
}

/**
 * `figure` has drawn with `count` contexts: others rest until all fit, those out of view first. Returns whether it may
 * keep them: unless `isRequested`, figures in view do not rest for another one.
 */
export function hold(figure, count, isRequested) {
  holders.delete(figure);
  const others = [...holders].sort(([a], [b]) => a.isInView - b.isInView);
  const resting = [];
  let total = count + others.reduce((sum, [, held]) => sum + held, 0);
  for (const [other, held] of others) {
    if (total <= MOST || (other.isInView && !isRequested)) break;
    resting.push(other);
    total -= held;
  }
  for (const other of resting) {
    holders.delete(other);
    other.rest();
  }
  if (total > MOST && resting.length < others.length) return false;
  if (count > 0) holders.set(figure, count);
  return true;
}

/** Drop `figure`: it holds no contexts any more and waits for none. */
export function release(figure) {
  holders.delete(figure);
  waiting.delete(figure);
}

/** The canvases in `plot` that hold a context; flat figures have none. */
export function canvasesOf(plot) {
  return [...plot.querySelectorAll("canvas:not(.gl-canvas-pick)")];
}

/** Release the context of a canvas now; else the browser counts it until it collects its garbage. */
export function releaseContext(canvas) {
  canvas.addEventListener("webglcontextlost", (event) => event.stopImmediatePropagation(), true);
  const context = canvas.getContext("webgl") ?? canvas.getContext("webgl2");
  context?.getExtension("WEBGL_lose_context")?.loseContext();
}
