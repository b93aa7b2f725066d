// @ts-check
// Owns named events between the page's modules. Knows nothing of what they mean.

export class Emitter {
  /** @type {Map<string, Set<(detail: any) => void>>} */
  #listeners = new Map();

  /**
   * Call `listener` at each `name`; the returned function stops it.
   *
   * @param {string} name
   * @param {(detail: any) => void} listener
   * @returns {() => void}
   */
  on(name, listener) {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  /**
   * @param {string} name
   * @param {any} [detail]
   */
  emit(name, detail) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(detail);
  }
}

/**
 * Join functions that stop something into one.
 *
 * @param {(() => void)[]} stops
 */
export function joinStops(stops) {
  return () => {
    for (const stop of stops) stop();
  };
}
