// @ts-check
// Owns the websocket: subscribes to what the page shows, emits what arrives, reconnects by itself.
// Providers name what is shown, so that this module knows no tab.

import { Emitter } from "../base/emitter.js";
import { throttled } from "../base/timing.js";
import { getJson, openSocket, parseFrame } from "./api.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;
const SILENCE_MS = 20_000; // after so long without a message the server is asked whether it is there
const ANSWER_MS = 5000;
const UNSEEN = new Set(["catalog", "epoch"]); // what a hidden tab is sent; all else once it is seen

class Live extends Emitter {
  /** @type {"connecting" | "open" | "lost" | "refused"} */
  status = "connecting";
  /** @type {WebSocket | null} */
  #socket = null;
  #wait = FIRST_WAIT_MS;
  /** @type {Map<string, () => any>} */
  #providers = new Map();
  #seq = 0;
  /** @type {string | null} */
  #version = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #heardAt = 0;
  #say = throttled(() => this.#subscribe(), 60);

  /**
   * Add a part of the subscription: `provider()` gives its value, or null for nothing.
   *
   * @param {string} part
   * @param {() => any} provider
   */
  provide(part, provider) {
    this.#providers.set(part, provider);
    this.changed();
  }

  /** Renew the subscription soon: what the page shows has changed. */
  changed() {
    this.#say();
  }

  connect() {
    clearTimeout(this.#timer);
    const socket = openSocket("/api/live");
    this.#socket = socket;
    socket.addEventListener("open", () => {
      if (socket !== this.#socket) return;
      this.#wait = FIRST_WAIT_MS;
      this.#heardAt = performance.now();
      this.#show("open");
      this.#subscribe();
    });
    socket.addEventListener("message", (event) => socket === this.#socket && this.#take(event.data));
    socket.addEventListener("close", () => this.#lost(socket));
  }

  /** Follow what the page cannot know by itself: a connection may break without notice, a tab be hidden. */
  watch() {
    setInterval(() => this.#ask(), SILENCE_MS / 4);
    addEventListener("online", () => this.retry());
    document.addEventListener("visibilitychange", () => this.changed());
  }

  async #ask() {
    const socket = this.#socket;
    if (!socket || this.status !== "open" || performance.now() - this.#heardAt < SILENCE_MS) return;
    try {
      await getJson("/api/hello", {}, AbortSignal.timeout(ANSWER_MS));
      this.#heardAt = performance.now();
    } catch {
      socket.close();
      this.#lost(socket);
    }
  }

  /** Try again now rather than when the wait is over. */
  retry() {
    if (this.status !== "open") this.connect();
  }

  #subscribe() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#seq += 1;
    /** @type {Record<string, any>} */
    const message = { type: "look", seq: this.#seq };
    for (const [part, provider] of this.#providers)
      if (!document.hidden || UNSEEN.has(part)) message[part] = provider() ?? undefined;
    this.#socket.send(JSON.stringify(message));
  }

  /** @param {string | ArrayBuffer} data */
  #take(data) {
    this.#heardAt = performance.now();
    if (typeof data !== "string") {
      this.emit("delta", parseFrame(data));
      return;
    }
    const message = JSON.parse(data);
    if (message.type === "hello") this.#greet(message);
    this.emit(message.type, message);
  }

  /** @param {{ version: string }} message */
  #greet(message) {
    if (this.#version !== null && this.#version !== message.version) this.emit("version", message.version);
    this.#version = message.version;
  }

  /** @param {WebSocket} socket */
  #lost(socket) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    this.#show("lost");
    const wait = this.#wait;
    this.#wait = Math.min(LONGEST_WAIT_MS, wait * 2);
    this.#timer = setTimeout(() => this.#again(), wait);
  }

  async #again() {
    const isRefused = await getJson("/api/hello").then(
      () => false,
      (error) => error.status === 401,
    );
    if (this.#socket) return; // a connection was asked for meanwhile, perhaps with another token
    if (isRefused) this.#refused();
    else this.connect();
  }

  /** Show that this server refuses the token; the one that accepts it may still come back. */
  #refused() {
    if (this.status !== "refused") this.#show("refused");
    this.#timer = setTimeout(() => this.#again(), LONGEST_WAIT_MS);
  }

  /** @param {Live["status"]} status */
  #show(status) {
    this.status = status;
    this.emit("status", status);
  }
}

export const live = new Live();
