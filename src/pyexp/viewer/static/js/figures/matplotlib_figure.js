// Owns an interactive matplotlib figure: the page's side of matplotlib's WebAgg protocol over a websocket
// (as matplotlib/backends/web_backend/js/mpl.js, without its inline styles).

import { iconButton } from "../base/buttons.js";
import { fill, h, setCss, setText } from "../base/dom.js";
import { openSocket } from "../model/api.js";

const BUTTONS = [
  ["home", "Reset view"],
  ["back", "Back"],
  ["forward", "Forward"],
  ["pan", "Pan"],
  ["zoom", "Zoom to a rectangle"],
];
const CURSORS = {
  pointer: "pointer",
  default: "default",
  crosshair: "crosshair",
  move: "move",
  wait: "wait",
  "ew-resize": "ew-resize",
  "ns-resize": "ns-resize",
};
const CLOSED = { idle: "The figure was closed because it was idle." };

/** An interactive figure in `element`; `back()` shows the picture again. */
export class MatplotlibFigure {
  #socket;
  #ratio = globalThis.devicePixelRatio || 1;
  #mode = "full";
  #waiting = false; // for a frame to come and be painted
  #isAsked = false; // for one more meanwhile
  #isOver = false;

  constructor(element, place, back) {
    this.back = back;
    this.canvas = h("canvas", {
      class: "live-canvas",
      tabindex: "0",
      "aria-label": "Interactive figure. Drag to rotate or, with a tool chosen, to pan and zoom.",
    });
    this.rubber = h("div", { class: "rubberband" });
    this.message = h("output", { class: "live-message" }, "Starting…");
    this.tools = Object.fromEntries(
      BUTTONS.map(([name, label]) => [name, iconButton(name, label, () => this.#send("toolbar_button", { name }))]),
    );
    const bar = h(
      "div",
      { class: "live-bar", role: "toolbar", "aria-label": "Figure" },
      Object.values(this.tools),
      this.message,
      iconButton("close", "Show the picture again", back),
    );
    this.root = h(
      "div",
      { class: "live-figure is-waiting" },
      h("div", { class: "live-stage" }, this.canvas, this.rubber),
      bar,
    );
    fill(element, this.root);
    this.#listen();
    this.#connect(place);
  }

  /** Show the figure of another step in its place, turned and zoomed as this one is. */
  show(index) {
    this.#send("show", { index });
  }

  end() {
    this.#isOver = true;
    this.#socket.close();
  }

  #connect(place) {
    this.#socket = openSocket("/api/figure", place);
    this.#socket.addEventListener("open", () => {
      this.#send("supports_binary", { value: true });
      this.#send("set_device_pixel_ratio", { device_pixel_ratio: this.#ratio });
      this.#send("send_image_mode");
      this.#send("refresh");
    });
    this.#socket.addEventListener("message", ({ data }) =>
      typeof data === "string" ? this.#take(JSON.parse(data)) : this.#paint(data),
    );
    this.#socket.addEventListener("close", () => this.#over("The connection to the figure was closed."));
  }

  #send(type, more = {}) {
    if (this.#socket.readyState === WebSocket.OPEN)
      this.#socket.send(JSON.stringify({ type, figure_id: "1", ...more }));
  }

  #take(message) {
    const handlers = {
      ready: () => setText(this.message, ""),
      failed: () => this.#over(message.error),
      closing: () => this.#over(CLOSED[message.reason] ?? `The figure was closed: ${message.reason}`),
      resize: () => this.#resize(message.size),
      draw: () => this.#askDraw(),
      refresh: () => this.#askDraw(),
      image_mode: () => {
        this.#mode = message.mode;
      },
      cursor: () => setCss(this.canvas, { cursor: CURSORS[message.cursor] ?? "default" }),
      message: () => setText(this.message, message.message),
      rubberband: () => this.#rubberband(message),
      navigate_mode: () => this.#showMode(message.mode),
      history_buttons: () => {
        this.tools.back.disabled = !message.Back;
        this.tools.forward.disabled = !message.Forward;
      },
    };
    handlers[message.type]?.();
  }

  #askDraw() {
    this.#isAsked = this.#waiting;
    if (this.#waiting) return;
    this.#waiting = true;
    this.#send("draw");
  }

  #resize([width, height]) {
    setCss(this.canvas, { width: `${width}px`, height: `${height}px` });
    const [w, tall] = [Math.round(width * this.#ratio), Math.round(height * this.#ratio)];
    if (this.canvas.width === w && this.canvas.height === tall) return;
    this.canvas.width = w;
    this.canvas.height = tall;
    this.#send("refresh");
  }

  async #paint(data) {
    const image = await createImageBitmap(new Blob([data], { type: "image/png" }));
    if (this.canvas.width !== image.width || this.canvas.height !== image.height) {
      this.canvas.width = image.width;
      this.canvas.height = image.height;
      setCss(this.canvas, { width: `${image.width / this.#ratio}px`, height: `${image.height / this.#ratio}px` });
    }
    const context = this.canvas.getContext("2d");
    if (this.#mode === "full") context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(image, 0, 0);
    image.close();
    this.#waiting = false;
    this.root.classList.remove("is-waiting");
    this.root.dataset.frames = String(Number(this.root.dataset.frames ?? 0) + 1);
    if (this.message.textContent === "Starting…") setText(this.message, "");
    this.#send("ack");
    if (this.#isAsked) this.#askDraw();
  }

  #rubberband({ x0, y0, x1, y1 }) {
    const [left, right] = [Math.min(x0, x1) / this.#ratio, Math.max(x0, x1) / this.#ratio];
    const tall = this.canvas.height / this.#ratio;
    const [top, bottom] = [tall - Math.max(y0, y1) / this.#ratio, tall - Math.min(y0, y1) / this.#ratio];
    const scale = this.canvas.clientWidth / (this.canvas.width / this.#ratio || 1);
    const isThere = right - left > 0 && bottom - top > 0;
    this.rubber.classList.toggle("is-on", isThere);
    setCss(this.rubber, {
      left: `${left * scale}px`,
      top: `${top * scale}px`,
      width: `${(right - left) * scale}px`,
      height: `${(bottom - top) * scale}px`,
    });
  }

  #showMode(mode) {
    this.tools.pan.setAttribute("aria-pressed", String(mode === "PAN"));
    this.tools.zoom.setAttribute("aria-pressed", String(mode === "ZOOM"));
  }

  #listen() {
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      canvas.focus();
      event.preventDefault();
      this.#mouse("button_press", event);
    });
    canvas.addEventListener("pointerup", (event) => this.#mouse("button_release", event));
    canvas.addEventListener("pointermove", (event) => this.#mouse("motion_notify", event));
    canvas.addEventListener("dblclick", (event) => this.#mouse("dblclick", event));
    canvas.addEventListener("pointerenter", (event) => this.#mouse("figure_enter", event));
    canvas.addEventListener("pointerleave", (event) => this.#mouse("figure_leave", event));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener(
      "wheel",
      (event) => {
        if (document.activeElement !== canvas) return; // the page scrolls until the figure is clicked
        event.preventDefault();
        this.#mouse("scroll", event, { step: event.deltaY < 0 ? 1 : -1 });
      },
      { passive: false },
    );
    for (const [name, type] of [
      ["keydown", "key_press"],
      ["keyup", "key_release"],
    ]) {
      canvas.addEventListener(
        name,
        (event) =>
          event.key !== "Tab" && this.#send(type, { key: event.key, modifiers: modifiers(event), guiEvent: {} }),
      );
    }
  }

  #mouse(type, event, more = {}) {
    const box = this.canvas.getBoundingClientRect();
    const scale = this.canvas.width / (box.width || 1); // device pixels, also when CSS shrank the canvas
    this.#send(type, {
      x: (event.clientX - box.left) * scale,
      y: (event.clientY - box.top) * scale,
      button: Math.max(0, event.button),
      buttons: event.buttons,
      modifiers: modifiers(event),
      guiEvent: {},
      ...more,
    });
  }

  #over(reason) {
    if (this.#isOver) return;
    this.end();
    const again = h("button", { class: "button", type: "button", onclick: this.back }, "Show the picture");
    this.root.classList.remove("is-waiting");
    this.root.append(h("div", { class: "live-over", role: "alert" }, h("p", {}, reason), again));
  }
}

function modifiers(event) {
  return ["ctrl", "alt", "shift", "meta"].filter((name) => event[`${name}Key`]);
}
