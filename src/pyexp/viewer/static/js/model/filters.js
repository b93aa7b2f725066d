// Owns what the filters of runs and of tags match. Pure: it is given what it compares, and knows no singleton.

const LEAST_OF_STATUS = 4; // letters of it that a filter must match

/** A filter of runs, written as a regular expression. */
export class RunFilter {
  /** What is wrong with the text, as a sentence; null when it is a pattern. A wrong one passes every run. */
  error = null;
  #pattern = null;
  #text;

  constructor(text) {
    this.#text = text;
    if (!text) return;
    try {
      this.#pattern = new RegExp(text, "i");
    } catch (error) {
      this.error = `Not a pattern: ${error.message.replace(/^.*: /s, "")}.`;
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

  /** Whether a run passes: its name, `batch/name`, its status or a `key=value` of its config matches. */
  passes({ name, status }, batchName, configTexts) {
    if (!this.#pattern) return true;
    return (
      this.#pattern.test(name) ||
      this.#pattern.test(`${batchName}/${name}`) ||
      this.#names(status) ||
      (this.readsConfigs && configTexts().some((text) => this.#pattern.test(text)))
    );
  }

  /** A few letters that happen to be in a status do not name it. */
  #names(status) {
    return (status.match(this.#pattern)?.[0].length ?? 0) >= LEAST_OF_STATUS;
  }
}

/** Make the test of a tag's name from what is typed; text that is not a pattern (yet) is searched as plain text. */
export function tagTest(text) {
  try {
    const pattern = new RegExp(text, "i");
    return (name) => pattern.test(name);
  } catch {
    const plain = text.toLowerCase();
    return (name) => name.toLowerCase().includes(plain);
  }
}
