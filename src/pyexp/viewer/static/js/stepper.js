// Owns the slider through the iterations of a tag; linked sliders share the view's step.

import { h, setCss, setText } from "./dom.js";
import { number } from "./format.js";
import { check } from "./buttons.js";
import { view } from "./state.js";

/** A slider over given steps. `moved()` is called when its `step` (null: the newest) has changed. */
export class Stepper {
  #steps = [];
  #own = null;

  constructor(moved) {
    this.slider = h("input", { type: "range", min: "0", step: "1", "aria-label": "Iteration" });
    this.label = h("output", { class: "step-label" });
    this.element = h("label", { class: "stepper" }, this.slider, this.label);
    this.slider.addEventListener("input", () => this.#choose(Number(this.slider.value)));
    const follow = (changed) => {
      if (!changed.some((key) => key === "at" || key === "linked")) return;
      if (changed.includes("linked")) this.#own = view.get("at"); // let loose, it stays where it is
      this.#show();
      moved();
    };
    this.stop = view.on("change", follow);
    this.moved = moved;
  }

  /** The chosen step; null follows the newest. */
  get step() {
    return view.get("linked") ? view.get("at") : this.#own;
  }

  setSteps(steps) {
    this.#steps = steps;
    this.#show();
  }

  #choose(index) {
    const step = index >= this.#steps.length - 1 ? null : this.#steps[index];
    if (view.get("linked")) {
      view.set({ at: step });
      return;
    }
    this.#own = step;
    this.#show();
    this.moved();
  }

  #show() {
    const last = this.#steps.length - 1;
    const { step } = this;
    const index =
      step === null
        ? last
        : Math.max(
            0,
            this.#steps.findLastIndex((other) => other <= step),
          );
    this.slider.max = String(Math.max(0, last));
    this.slider.value = String(index);
    this.slider.hidden = last < 1;
    setCss(this.slider, { "--part": `${last > 0 ? (index / last) * 100 : 100}%` });
    setText(this.label, last < 0 ? "" : `step ${number(this.#steps[index])}`);
    this.slider.setAttribute("aria-valuetext", this.label.textContent);
  }
}

/** The switch that links all sliders; returns `[element, stop]`. */
export function linkSwitch() {
  const control = check(
    "Link sliders",
    view.get("linked"),
    (isOn) => view.set({ linked: isOn }),
    "All sliders go to the same iteration",
  );
  const stop = view.on("linked", (isOn) => (control.querySelector("input").checked = isOn));
  return [control, stop];
}
