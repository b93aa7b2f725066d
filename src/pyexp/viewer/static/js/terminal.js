// Owns how terminal output reads as plain text: colour codes go, a carriage return starts its line
// anew (progress bars show their last state).

const ESCAPES = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

export function plainOutput(text) {
  const clean = text.includes("\u001b") ? text.replaceAll(ESCAPES, "") : text;
  if (!clean.includes("\r")) return clean;
  return clean.replaceAll("\r\n", "\n").split("\n").map(lastState).join("\n");
}

function lastState(line) {
  if (!line.includes("\r")) return line;
  let shown = "";
  for (const part of line.split("\r")) shown = part + shown.slice(part.length);
  return shown;
}
