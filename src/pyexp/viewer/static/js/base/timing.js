// @ts-check
// Owns when a function is called that is asked for often.

/**
 * Call `fn` once, `wait` ms after the last call.
 *
 * @template {any[]} A
 * @param {(...args: A) => void} fn
 * @param {number} wait
 * @returns {(...args: A) => void}
 */
export function debounced(fn, wait) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => fn(...args), wait);
  };
}

/**
 * Call `fn` at once, then at most every `wait` ms, the last call never lost.
 *
 * @param {() => void} fn
 * @param {number} wait
 * @returns {() => void}
 */
export function throttled(fn, wait) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let last = -Infinity;
  return () => {
    if (timer !== undefined) return;
    const due = Math.max(0, last + wait - performance.now());
    timer = setTimeout(() => {
      timer = undefined;
      last = performance.now();
      fn();
    }, due);
  };
}

/**
 * Call `fn` once, `wait` ms from now; in a hidden tab not before it is seen. The returned function stops it.
 *
 * @param {() => void} fn
 * @param {number} wait
 * @returns {() => void}
 */
export function later(fn, wait) {
  const call = () => {
    if (document.hidden) return;
    stop();
    fn();
  };
  const timer = setTimeout(() => {
    document.addEventListener("visibilitychange", call);
    call();
  }, wait);
  const stop = () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", call);
  };
  return stop;
}
