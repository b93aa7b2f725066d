// @ts-check
// Owns what the filter of runs matches. Pure: it is given what it compares, and knows no singleton.

const LEAST_OF_STATUS = 4; // letters of it that a filter must match

/** A filter of runs, written as a regular expression. */
export class RunFilter {
  /** @type {string | null} What is wrong with the text, as a sentence; a filter with an error passes every run. */
  error = null;
  /** @type {RegExp | null} */
  #pattern = null;
  #text;

  /** @param {string} text */
  constructor(text) {
    this.#text = text;
    if (!text) return;
    try {
      this.#pattern = new RegExp(text.replace(/^\(\?i\)/, ""), "i"); // which Python's patterns say so
    } catch (error) {
      this.error = `Not a valid pattern: ${error.message.replace(/^.*: /s, "")}.`;
    }
  }

  /** Whether it may leave runs out. */
  get isActive() {
    return this.#pattern !== null;
  }

  /** Whether it reads configs: it asks for `key=value`. */
  get readsConfigs() {
    return this.#text.includes("=");
  }

  /**
   * Return whether a run passes: its name, `batch/name`, its status or a `key=value` of its config matches.
   *
   * @param {{ name: string, status: string }} run
   * @param {string} batchName
   * @param {() => string[]} configTexts called only when the filter reads configs
   */
  passes({ name, status }, batchName, configTexts) {
    const pattern = this.#pattern;
    if (!pattern) return true;
    return (
      pattern.test(name) ||
      pattern.test(`${batchName}/${name}`) ||
      names(pattern, status) ||
      (this.readsConfigs && configTexts().some((text) => pattern.test(text)))
    );
  }
}

/**
 * Return whether the pattern names the status: a few letters that happen to be in it do not.
 *
 * @param {RegExp} pattern
 * @param {string} status
 */
function names(pattern, status) {
  return (status.match(pattern)?.[0].length ?? 0) >= LEAST_OF_STATUS;
}
