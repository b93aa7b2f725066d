// Owns when a function is called that is asked for often.

/** Call `fn` once, `wait` ms after the last call. */
export function debounced(fn, wait) {
  let timer = null;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => fn(...args), wait);
  };
}

/** Call `fn` at once, then at most every `wait` ms, the last call never lost. */
export function throttled(fn, wait) {
  let timer = null;
  let last = -Infinity;
  return () => {
    if (timer !== null) return;
    const due = Math.max(0, last + wait - performance.now());
    timer = setTimeout(() => {
      timer = null;
      last = performance.now();
      fn();
    }, due);
  };
}
