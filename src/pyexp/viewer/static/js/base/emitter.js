// Owns named events between the page's modules. Knows nothing of what they mean.

export class Emitter {
  #listeners = new Map();

  /** Call `listener` at each `name`; the returned function stops it. */
  on(name, listener) {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  emit(name, detail) {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(detail);
  }
}
