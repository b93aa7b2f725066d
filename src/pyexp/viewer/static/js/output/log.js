// Owns the Log tab: the live tail of one run's output. Holds a bounded part of it.

import { check } from "../base/buttons.js";
import { fill, h, setText } from "../base/dom.js";
import { bytes } from "../base/format.js";
import { isDropped, Latest } from "../base/latest.js";
import { emptyPlaceholder, errorPlaceholder } from "../base/placeholders.js";
import { throttled } from "../base/timing.js";
import { noRuns } from "../cards/no_runs.js";
import { getJson } from "../model/api.js";
import { catalog } from "../model/catalog.js";
import { live } from "../model/live.js";
import { selection } from "../model/selection.js";
import { view } from "../model/view.js";
import { LogSearch, saveButton } from "./log_tools.js";
import { Screen } from "./screen.js";

const TAIL = 65_536;
const MOST = 1_000_000; // characters held while following

let looked = null; // {run, offset} of the tab that is open

live.provide("log", () => looked);

export function mountLog(root) {
  const tab = new LogTab(root);
  return () => tab.end();
}

class LogTab {
  #run = null;
  #news = ""; // what has come and is not drawn yet
  #error = null;
  #start = 0;
  #size = 0;
  #tail = new Latest();
  #earlier = new Latest();
  #isFollowing = true;

  constructor(root) {
    this.select = h("select", {
      class: "field select",
      "aria-label": "Run",
      onchange: () => view.set({ log: Number(this.select.value) }),
    });
    this.info = h("span", { class: "muted log-info" });
    this.follow = check("Follow", true, (isOn) => this.#setFollow(isOn), "Keep the newest line in view");
    this.wrap = check("Wrap", true, (isOn) => this.output.classList.toggle("is-wrapped", isOn));
    this.older = h(
      "button",
      { class: "link older", type: "button", onclick: () => this.#loadOlder() },
      "Show earlier output",
    );
    this.output = h("pre", { class: "log-text is-wrapped", tabindex: "0", role: "log", "aria-label": "Output" });
    this.screen = new Screen(this.output);
    this.search = new LogSearch(this.output);
    this.save = saveButton(
      () => catalog.run(this.#run),
      (error) => this.#fail(error),
    );
    this.message = h("div", { class: "message" });
    this.scroller = h("div", { class: "log-scroll" }, this.older, this.output);
    this.tools = h(
      "div",
      { class: "toolbar", role: "toolbar", "aria-label": "Log" },
      h("label", { class: "control" }, "Run", this.select),
      this.search.element,
      this.follow,
      this.wrap,
      this.info,
      this.save,
    );
    root.append(this.tools, this.message, this.scroller);
    root.classList.add("log-tab");
    this.root = root;
    this.draw = throttled(() => this.#draw(), 100);
    this.scroller.addEventListener("scroll", () => this.#scrolled());
    this.stops = [
      selection.on("update", () => this.#offer()),
      view.on("log", () => this.#choose()),
      live.on("log", (message) => this.#take(message)),
      live.on("hello", () => this.#error && this.#load()),
      () => this.search.end(),
    ];
    this.#offer();
  }

  end() {
    looked = null;
    live.changed();
    this.#tail.drop();
    this.#earlier.drop();
    this.root.classList.remove("log-tab");
    for (const stop of this.stops) stop();
  }

  #runs() {
    const chosen = selection.chosen.filter((run) => run.output);
    const asked = catalog.run(view.get("log"));
    return asked && !chosen.includes(asked) ? [asked, ...chosen] : chosen;
  }

  #offer() {
    const runs = this.#runs();
    const names = runs.map((run) => `${run.id} ${run.status}`).join();
    if (names !== this.names) {
      this.names = names;
      fill(
        this.select,
        runs.map((run) => h("option", { value: String(run.id) }, `${catalog.label(run)} — ${run.status}`)),
      );
      if (this.#run !== null) this.select.value = String(this.#run);
    }
    this.#choose();
  }

  #choose() {
    const runs = this.#runs();
    const run =
      runs.find(({ id }) => id === view.get("log")) ?? runs.find(({ status }) => status === "running") ?? runs[0];
    this.#showState(run);
    if (!run || run.id === this.#run) return;
    if (view.get("log") === null && this.#run !== null && runs.some(({ id }) => id === this.#run)) return;
    this.#run = run.id;
    this.select.value = String(run.id);
    this.#load();
  }

  /** Show the error or the placeholder above the log or instead of it. */
  #showState(run) {
    this.scroller.hidden = !run;
    this.tools.hidden = !run;
    if (run) fill(this.message, this.#error ? errorPlaceholder(this.#error, () => this.#load()) : null);
    else fill(this.message, noRuns() ?? noOutput());
  }

  #fail(error) {
    this.#error = error;
    this.#showState(catalog.run(this.#run));
  }

  async #load() {
    looked = null;
    this.#error = null;
    this.#empty();
    setText(this.info, "");
    this.#showState(catalog.run(this.#run));
    try {
      const answer = await this.#tail.ask((signal) => getJson("/api/log", { run: this.#run, tail: TAIL }, signal));
      this.#news = answer.text;
      this.#start = answer.start;
      this.#setFollow(true);
      this.#looking(answer.end, answer.size);
    } catch (error) {
      if (!isDropped(error)) this.#fail(error);
    }
  }

  /** Show nothing, of which there is nothing earlier. */
  #empty() {
    this.#earlier.drop();
    this.#news = "";
    this.screen.clear();
    this.older.hidden = true;
  }

  #looking(offset, size) {
    looked = { run: this.#run, offset };
    this.#size = size;
    live.changed();
    this.draw();
  }

  #take(message) {
    if (message.run !== this.#run || !looked) return;
    if (message.reset) {
      this.#empty();
      this.#start = message.start;
    } else if (message.start !== looked.offset) {
      live.changed(); // does not continue what is here: ask again from our offset
      return;
    }
    this.#news += message.text;
    looked = { run: this.#run, offset: message.end };
    this.#size = message.size;
    this.draw();
  }

  async #loadOlder() {
    const from = Math.max(0, this.#start - 4 * TAIL);
    const asked = { run: this.#run, from, limit: this.#start - from };
    try {
      this.#prepend(await this.#earlier.ask((signal) => getJson("/api/log", asked, signal)));
    } catch (error) {
      if (!isDropped(error)) this.#fail(error);
    }
  }

  #prepend({ text, start }) {
    const below = this.scroller.scrollHeight - this.scroller.scrollTop;
    this.#setFollow(false);
    this.screen.prepend(text);
    this.#start = start;
    this.#draw();
    this.scroller.scrollTop = this.scroller.scrollHeight - below;
  }

  #draw() {
    this.screen.append(this.#news);
    this.#news = "";
    if (this.#isFollowing && this.screen.length > MOST) this.#forget();
    this.search.update();
    this.older.hidden = this.#start <= 0;
    setText(
      this.info,
      this.#size === 0 ? "nothing printed yet" : `${bytes(this.#size)}${this.#start > 0 ? ", last part" : ""}`,
    );
    if (this.#isFollowing) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #forget() {
    this.#earlier.drop(); // what was asked for ends where something is no longer
    this.#start += this.screen.drop(MOST / 2);
  }

  #setFollow(isOn) {
    this.#isFollowing = isOn;
    this.follow.querySelector("input").checked = isOn;
    if (isOn) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  #scrolled() {
    const isAtEnd = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < 24;
    if (isAtEnd !== this.#isFollowing) this.#setFollow(isAtEnd);
  }
}

function noOutput() {
  return emptyPlaceholder("No output yet", "The selected runs have printed nothing that was captured.", {
    code: "out/<experiment>/<batch>/<run>/log.out",
  });
}
