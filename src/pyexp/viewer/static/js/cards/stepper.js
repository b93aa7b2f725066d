// Owns the slider through the iterations of a tag; linked sliders share the view's step.

import { check } from "../base/buttons.js";
import { h, setCss, setText } from "../base/dom.js";
import { number } from "../base/format.js";
import { view } from "../model/view.js";

/** A slider of the tag `id` over given steps. `moved()` is called when its `step` (null: the newest) has changed. */
export class Stepper {
  #id;
  #steps = [];

  constructor(id, moved) {
    this.#id = id;
    this.slider = h("input", { type: "range", min: "0", step: "1", "aria-label": "Iteration" });
    this.label = h("output", { class: "step-label" });
    this.element = h("label", { class: "stepper" }, this.slider, this.label);
    this.slider.addEventListener("input", () => this.#choose(Number(this.slider.value)));
    let before = this.step;
    this.stop = view.on("change", () => {
      if (this.step === before) return;
      before = this.step;
      this.#show();
      moved();
    });
  }

  /** The chosen step; null follows the newest. One that was unlinked stays where it was until it is moved. */
  get step() {
    const own = view.get("steps");
    return !view.get("linked") && this.#id in own ? own[this.#id] : view.get("at");
  }

  setSteps(steps) {
    this.#steps = steps;
    this.#show();
  }

  #choose(index) {
    const step = index >= this.#steps.length - 1 ? null : this.#steps[index];
    if (view.get("linked")) view.set({ at: step });
    else view.set({ steps: { ...view.get("steps"), [this.#id]: step } });
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
    (isOn) => view.set({ linked: isOn, steps: {} }),
    "All sliders go to the same iteration",
  );
  const stop = view.on("linked", (isOn) => (control.querySelector("input").checked = isOn));
  return [control, stop];
}
