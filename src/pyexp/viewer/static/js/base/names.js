// @ts-check
// Owns the shortening of names where there is little room: what distinguishes them stays. Pure functions.

const ELLIPSIS = "…";
const SEPARATORS = /[_,;\s]+/;

/**
 * Shorten `names` to at most `most` characters each: what all begin and end with is left out, then the middle.
 *
 * @param {string[]} names
 * @param {number} most
 */
export function shortNames(names, most) {
  const all = names.map((name) => [...name]); // whole characters, so that none is cut in two
  if (all.every((name) => name.length <= most)) return names;
  const start = all.length > 1 ? sharedStart(all) : 0;
  const end = all.length > 1 ? sharedEnd(all, start) : 0;
  return all.map((name) => {
    const own = name.slice(start, name.length - end);
    const parts = [start > 0 ? ELLIPSIS : "", ...own, end > 0 ? ELLIPSIS : ""].filter(Boolean);
    return middleOut(parts, most).join("");
  });
}

/**
 * Split names such as `run_lr=0.1_seed=3` and return the parts in which they differ, as many of each; null where they are
 * not made of the same number of parts, or differ in others than values of keys.
 *
 * @param {string[]} names
 * @returns {string[][] | null}
 */
export function varyingParts(names) {
  const all = names.map((name) => name.split(SEPARATORS));
  const first = all[0] ?? [];
  if (all.some((parts) => parts.length !== first.length)) return null;
  const varying = first.map((_, i) => i).filter((i) => all.some((parts) => parts[i] !== first[i]));
  const isOfValues = all.every((parts) => varying.every((i) => parts[i].includes("=")));
  return varying.length > 0 && isOfValues ? all.map((parts) => varying.map((i) => parts[i])) : null;
}

/**
 * @param {string[]} characters
 * @param {number} most
 */
function middleOut(characters, most) {
  if (characters.length <= most) return characters;
  const tail = Math.ceil((most - 1) / 2);
  return [...characters.slice(0, most - 1 - tail), ELLIPSIS, ...characters.slice(characters.length - tail)];
}

/**
 * Count the characters that all names begin with, up to the last that ends a word.
 *
 * @param {string[][]} names
 */
function sharedStart(names) {
  const shortest = Math.min(...names.map((name) => name.length));
  let same = 0;
  while (same < shortest && names.every((name) => name[same] === names[0][same])) same += 1;
  while (same > 0 && isOfWord(names[0][same - 1])) same -= 1;
  return same > 1 ? same : 0;
}

/**
 * Count the characters that all names end with, from the first that ends a word; the first `start` do not count.
 *
 * @param {string[][]} names
 * @param {number} start
 */
function sharedEnd(names, start) {
  const shortest = Math.min(...names.map((name) => name.length)) - start;
  /** @type {(name: string[], i: number) => string} */
  const fromEnd = (name, i) => name[name.length - 1 - i];
  let same = 0;
  while (same < shortest && names.every((name) => fromEnd(name, same) === fromEnd(names[0], same))) same += 1;
  while (same > 0 && isOfWord(fromEnd(names[0], same - 1))) same -= 1;
  return same > 1 ? same : 0;
}

/** @param {string} character */
function isOfWord(character) {
  return /[\p{L}\p{N}.=:]/u.test(character);
}
