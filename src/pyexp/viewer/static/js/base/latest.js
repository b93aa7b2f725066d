// @ts-check
// Owns which of several requests for one thing counts: the newest. What an older one answers, or fails with, is dropped,
// however late it comes.

/** The requests for one thing, of which the newest counts. */
export class Latest {
  /** @type {AbortController | null} of the request that is on its way */
  #running = null;

  get isRunning() {
    return this.#running !== null;
  }

  /**
   * Give up the request before and make this one; throws an `AbortError` when it is itself given up before its answer.
   *
   * @template T
   * @param {(signal: AbortSignal) => Promise<T>} request
   * @returns {Promise<T>}
   */
  async ask(request) {
    this.drop();
    const controller = new AbortController();
    this.#running = controller;
    try {
      return await request(controller.signal);
    } finally {
      controller.signal.throwIfAborted(); // also where it does not heed its signal, or has failed otherwise
      this.#running = null;
    }
  }

  /** Give up the request that is on its way: its answer is not wanted any more. */
  drop() {
    this.#running?.abort();
    this.#running = null;
  }
}

/**
 * Return whether the error only says that a request was given up.
 *
 * @param {Error} error
 */
export function isDropped(error) {
  return error.name === "AbortError";
}
