// Owns the shortening of names where there is little room: what distinguishes them stays. Pure functions.

const ELLIPSIS = "…";

/** `names` in at most `most` characters each: what all begin and end with is left out, then the middle. */
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

function middleOut(characters, most) {
  if (characters.length <= most) return characters;
  const tail = Math.ceil((most - 1) / 2);
  return [...characters.slice(0, most - 1 - tail), ELLIPSIS, ...characters.slice(characters.length - tail)];
}

/** How many characters all names begin with, up to the last that ends a word. */
function sharedStart(names) {
  const shortest = Math.min(...names.map((name) => name.length));
  let same = 0;
  while (same < shortest && names.every((name) => name[same] === names[0][same])) same += 1;
  while (same > 0 && isOfWord(names[0][same - 1])) same -= 1;
  return same > 1 ? same : 0;
}

/** How many characters all names end with, from the first that ends a word; the first `start` are not counted. */
function sharedEnd(names, start) {
  const shortest = Math.min(...names.map((name) => name.length)) - start;
  const fromEnd = (name, i) => name[name.length - 1 - i];
  let same = 0;
  while (same < shortest && names.every((name) => fromEnd(name, same) === fromEnd(names[0], same))) same += 1;
  while (same > 0 && isOfWord(fromEnd(names[0], same - 1))) same -= 1;
  return same > 1 ? same : 0;
}

function isOfWord(character) {
  return /[\p{L}\p{N}.=:]/u.test(character);
}
