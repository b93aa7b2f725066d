// @ts-check
// Owns the icons: strokes on a 16 px grid, drawn in the colour of the text around them.

import { svg } from "./dom.js";

/** @typedef {keyof typeof PATHS} IconName */

const PATHS = {
  menu: "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
  close: "M4 4l8 8M12 4l-8 8",
  sun: "M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M3.4 12.6l1-1M11.6 4.4l1-1",
  moon: "M13.2 9.6A5.6 5.6 0 0 1 6.4 2.8a5.6 5.6 0 1 0 6.8 6.8z",
  help: "M6.2 6.1a1.9 1.9 0 1 1 2.7 1.8c-.6.3-.9.7-.9 1.4M8 11.4v.2M8 1.8a6.2 6.2 0 1 0 0 12.4A6.2 6.2 0 0 0 8 1.8",
  chevron: "M6 4l4 4-4 4",
  search: "M7 2.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4M10.2 10.2l3 3",
  expand: "M9.5 2.5h4v4M13.5 2.5L9 7M6.5 13.5h-4v-4M2.5 13.5L7 9",
  shrink: "M13 6.5H9.5V3M9.5 6.5L13.5 2.5M3 9.5h3.5V13M6.5 9.5l-4 4",
  download: "M8 2.5v7M5 6.8l3 3 3-3M3 13h10",
  reset: "M3 8a5 5 0 1 0 1.6-3.7M3 2.6v2.6h2.6",
  check: "M3.5 8.4l3 3 6-6.6",
  cross: "M4.5 4.5l7 7M11.5 4.5l-7 7",
  clock: "M8 4.6V8l2.2 1.6M8 2.4a5.6 5.6 0 1 0 0 11.2A5.6 5.6 0 0 0 8 2.4",
  pause: "M5.8 4.5v7M10.2 4.5v7",
  link: "M6.8 9.2l2.4-2.4M7 4.9l1-1a2.9 2.9 0 0 1 4.1 4.1l-1 1M9 11.1l-1 1a2.9 2.9 0 0 1-4.1-4.1l1-1",
  home: "M2.8 7.6L8 3l5.2 4.6M4.2 6.8v6h7.6v-6",
  back: "M9.5 4L5.5 8l4 4",
  forward: "M6.5 4l4 4-4 4",
  pan: "M8 2v12M2 8h12M6.4 3.6L8 2l1.6 1.6M6.4 12.4L8 14l1.6-1.6M3.6 6.4L2 8l1.6 1.6M12.4 6.4L14 8l-1.6 1.6",
  zoom: "M7 2.8a4.2 4.2 0 1 0 0 8.4 4.2 4.2 0 0 0 0-8.4M10.2 10.2l3 3M7 5.2v3.6M5.2 7h3.6",
  play: "M5.5 3.8v8.4l6.6-4.2z",
  warning: "M8 2.5L14 13.2H2zM8 6.4v3.2M8 11.3v.2",
  plug: "M5.5 2.5v3M10.5 2.5v3M3.8 5.5h8.4v1.8a4.2 4.2 0 0 1-8.4 0zM8 11.5v2.5",
};

/**
 * Make an icon that assistive technology passes over; its button carries the label.
 *
 * @param {IconName} name
 */
export function icon(name) {
  return svg(
    "svg",
    { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: PATHS[name] }),
  );
}
