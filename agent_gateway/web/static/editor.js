// A form of the administration: what was typed stays until it is saved, faults stand at their fields.

import { make } from "./dom.js";
import { errorText, problemText, text } from "./language.js";
import { ServiceError } from "./service.js";
import { sure } from "./sure.js";

const editors = [];
let ended = () => {};

/** `tell(error)` is called when a session has ended; the forms keep what was typed. */
export const whenSessionEnds = (tell) => {
  ended = tell;
};

/** Whether anything was typed that is not saved. */
export const isUnsaved = () => editors.some((one) => one.dirty);

// the browser asks before a page with unsaved input is left
addEventListener("beforeunload", (event) => {
  if (isUnsaved()) event.preventDefault();
});

export class Editor {
  /** `save()` sends what the form holds; what it throws is shown, what was typed stays. */
  constructor(form, save) {
    this.form = form;
    this.error = null;
    this.done = "";
    this.place = make("p", { class: "error", role: "alert" });
    this.state = make("p", { class: "touched", role: "status" });
    form.querySelector(".buttons").before(this.place, this.state);
    // the service knows best, and says it in the page's language
    form.noValidate = true;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit(save);
    });
    form.addEventListener("input", () => this.say(""));
    this.kept = this.now();
    editors.push(this);
  }

  get dirty() {
    return this.now() !== this.kept;
  }

  now() {
    const fields = [...new FormData(this.form)].map(([name, value]) => [name, value.name ?? value]);
    return JSON.stringify(fields.filter(([, value]) => value !== ""));
  }

  value(name) {
    return this.form.elements.namedItem(name).value.trim();
  }

  /** Show these values, which count as saved. */
  fill(values) {
    this.form.reset();
    for (const [name, value] of Object.entries(values)) {
      this.form.elements.namedItem(name).value = value ?? "";
    }
    this.kept = this.now();
    this.show(null);
    this.say("");
  }

  /** Whether what was typed may be thrown away; asks when there is something. */
  async mayLeave() {
    return !this.dirty || (await sure(text("unsaved"), text("throw_away")));
  }

  async submit(save) {
    const buttons = [...this.form.querySelectorAll("button:not([type=button])")];
    for (const button of buttons) button.disabled = true;
    try {
      this.say("");
      await save();
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      if (error.status === 401) {
        ended(error);
        return;
      }
      this.show(error);
      this.form.querySelector("[aria-invalid]")?.focus();
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  }

  /** Name a text that tells what was done ("": none). */
  say(name) {
    this.done = name;
    this.state.textContent = name ? text(name) : "";
  }

  /** Put the error at its fields, the rest above the buttons; null: there is none. */
  show(error) {
    this.error = error;
    for (const fault of this.form.querySelectorAll(".fault")) fault.remove();
    for (const input of this.form.querySelectorAll("[aria-invalid]")) {
      input.removeAttribute("aria-invalid");
      input.removeAttribute("aria-describedby");
    }
    const elsewhere = error ? error.details.filter((one) => !this.mark(one)) : [];
    this.place.textContent = error ? [errorText(error), ...elsewhere.map(problemText)].join(" · ") : "";
  }

  mark(detail) {
    const name = detail.field.split(".")[0];
    const input = name && this.form.elements.namedItem(name);
    if (!input) return false;
    const id = `${this.form.id}-${name}-fault`;
    if (input.hasAttribute("aria-invalid")) return true;
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", id);
    // beside the label, or it would be a part of the field's name
    const label = input.closest("label") ?? input;
    label.after(make("p", { class: "fault", id }, problemText(detail)));
    return true;
  }

  /** In the language of now. */
  redraw() {
    this.show(this.error);
    this.say(this.done);
  }
}
