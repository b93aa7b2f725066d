// Owns how terminal output reads: colours become classes, other codes are dropped, a carriage return goes back to the
// start of its line, so that progress bars show their last state. Pure functions; `screen.js` makes elements of them.

// biome-ignore-start lint/suspicious/noControlCharactersInRegex: escape codes begin with a control character
const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;
const TORN_ESCAPE = /\u001b[^\u001b]{0,20}$/;
const COLOUR_CODE = /^\u001b\[([\d;]*)m$/;
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: as above
const ATTRIBUTES = { 1: "bold", 2: "dim", 3: "italic", 4: "underline" };

/** Split a line into parts of one look each, `[text, classes]`; `style` is brought to what holds at its end. */
export function coloured(line, style) {
  const parts = [];
  let end = 0;
  for (const code of line.matchAll(ESCAPES)) {
    if (code.index > end) parts.push([line.slice(end, code.index), classesOf(style)]);
    take(code[0], style);
    end = code.index + code[0].length;
  }
  if (end < line.length) parts.push([line.slice(end), classesOf(style)]);
  return parts;
}

function take(code, style) {
  const numbers = code.match(COLOUR_CODE)?.[1].split(";").map(Number) ?? [];
  while (numbers.length > 0) {
    const number = numbers.shift();
    if (number === 0) for (const key of Object.keys(style)) delete style[key];
    else if (ATTRIBUTES[number]) style[ATTRIBUTES[number]] = true;
    else if (number === 22) Object.assign(style, { bold: false, dim: false });
    else if (number === 23 || number === 24) style[ATTRIBUTES[number - 20]] = false;
    else if (number === 38 || number === 48) takeWide(number, numbers, style);
    else if ((number >= 30 && number <= 39) || (number >= 90 && number <= 97)) style.colour = basic(number);
  }
}

function basic(number) {
  return number === 39 ? null : number % 10;
}

/** `38;5;n` is one of 256 colours, of which the first sixteen have names here; `38;2;r;g;b` any. */
function takeWide(number, numbers, style) {
  const kind = numbers.shift();
  const [first] = numbers.splice(0, kind === 5 ? 1 : 3);
  if (number === 38) style.colour = kind === 5 && first < 16 ? first % 8 : null;
}

function classesOf(style) {
  const classes = Object.values(ATTRIBUTES).filter((name) => style[name]);
  if (Number.isInteger(style.colour)) classes.push(`colour-${style.colour}`);
  return classes.map((name) => `term-${name}`).join(" ");
}

/** Write a line without its codes, as its carriage returns leave it. */
export function plain(line) {
  return line.includes("\r") ? overwritten(line) : line.replaceAll(ESCAPES, "");
}

/** Write what the line shows after its carriage returns. */
export function overwritten(line) {
  const end = line.endsWith("\n") ? "\n" : "";
  let shown = "";
  for (const part of line
    .slice(0, line.length - end.length)
    .replaceAll(ESCAPES, "")
    .split("\r"))
    shown = part + shown.slice(part.length);
  return shown + end;
}

/** Drop what was overwritten already from a line longer than `most`: a progress bar must not grow for hours. */
export function settled(line, most) {
  const last = line.lastIndexOf("\r");
  if (last < 0 || line.length < most) return line;
  return `${overwritten(line)}\r${line.slice(last + 1)}`;
}

/** Leave out a code at the end that has arrived only in part. */
export function withoutTornEscape(line) {
  return line.replace(TORN_ESCAPE, (torn) => (torn.match(ESCAPES) ? torn : ""));
}
