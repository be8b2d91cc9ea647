// The ticket: the machine's guesses with their evidence, and what the agent makes of them.

import { byId, make } from "./dom.js";
import { text } from "./language.js";
import { namesOf } from "./names.js";
import { cite } from "./words.js";

const TYPES = ["", "consultation", "help", "complaint", "report", "suggestion", "praise"];
// lists of keys that the service has names for
const NAMED = ["categories", "departments", "lines", "reject_reasons"];
// texts that grow with every turn; what they are made of is marked itself
const GROWING = ["title", "summary"];
const YES_NO = ["", "true", "false"];
const URGENCY = ["", "normal", "urgent", "emergency"];
const FIELDS = [
  ["title"], ["summary", "long"], ["request_type", TYPES], ["urgency", URGENCY], ["category", "categories"],
  ["department", "departments"], ["line", "lines"], ["caller_name"], ["caller_title"], ["callback_phone"], ["district"],
  ["address"], ["occurred_on"], ["target"], ["emergency_line"], ["confidential", YES_NO],
  ["accepted", YES_NO], ["reject_reason", "reject_reasons"],
];

let shownFor = null;
// field -> the machine's later value that the agent has taken note of
let noted = new Map();
// field -> what its notes were drawn from: they are drawn anew only when it has changed
let drawn = new Map();

/**
 * Show the fields of a ticket, or of a guess while there is no ticket yet.
 * `change(name, value)` is called when the agent has changed a field; `submit()` for the button.
 */
export function showTicket({ key, ticket, prefill }, change, submit) {
  const form = byId("ticket");
  byId("ticket-number").textContent = ticket ? ticket.number : "";
  if (!key) {
    shownFor = null;
    form.replaceChildren(make("p", { class: "empty" }, text("no_ticket")));
    return;
  }
  const open = !ticket || ticket.status === "draft";
  if (shownFor !== key) {
    shownFor = key;
    noted = new Map();
    drawn = new Map();
    form.replaceChildren(...FIELDS.map((field) => row(field, change)), button());
    form.onsubmit = (event) => {
      event.preventDefault();
      document.activeElement?.blur();
      submit();
    };
  }
  for (const [name] of FIELDS) {
    // while the call goes on the ticket holds only what people entered
    const guess = ticket?.call_ended_at ? {} : prefill?.[name];
    fill(name, { ...guess, ...ticket?.fields[name] }, open, change);
  }
  const submitButton = form.querySelector("button.primary");
  submitButton.disabled = !ticket || !open;
  submitButton.textContent = text(open ? "submit" : "submitted");
}

/** Make the form anew at the next showing (the language has changed). */
export function forgetForm() {
  shownFor = null;
}

function button() {
  return make("button", { class: "primary" });
}

function row([name, kind], change) {
  const value = (input) => (kind === YES_NO && input.value ? input.value === "true" : input.value || null);
  const options = {
    name,
    "aria-describedby": `about-${name}`,
    onchange: (event) => change(name, value(event.target)),
  };
  let input;
  if (NAMED.includes(kind)) {
    const choice = ([key, name]) => make("option", { value: key }, name);
    input = make("select", options, make("option", { value: "" }), ...namesOf(kind).map(choice));
  } else if (Array.isArray(kind)) {
    const choice = (one) => make("option", { value: one }, one && text(`value_${one}`));
    input = make("select", options, ...kind.map(choice));
  } else if (kind === "long") input = make("textarea", { ...options, rows: "2", maxlength: "4000" });
  else input = make("input", { ...options, maxlength: "400", autocomplete: "off" });
  return make(
    "div",
    { class: "field" },
    make("label", {}, make("span", {}, text(`field_${name}`), make("span", { id: `sure-${name}` })), input),
    make("div", { class: "evidence", id: `about-${name}` }),
  );
}

function fill(name, field, open, change) {
  const input = byId("ticket").elements.namedItem(name);
  input.disabled = !open;
  // what somebody is typing is theirs
  if (document.activeElement !== input) input.value = shown(input, field.value);
  const sure = byId(`sure-${name}`);
  const guessed = !["", null, undefined].includes(field.value);
  const known = guessed && field.touched_by == null && typeof field.confidence === "number";
  sure.className = field.touched_by ? "touched" : known && field.confidence < 0.6 ? "low" : "";
  sure.textContent = field.touched_by
    ? text("touched")
    : known
      ? `${field.source === "model" ? text("source_model") : text("confidence")} ${Math.round(field.confidence * 100)}%`
      : "";
  const about = field.touched_by ? [] : [...changed(name, field, open, change), ...evidence(field.evidence)];
  const now = JSON.stringify([field, open, noted.get(name)]);
  if (drawn.get(name) === now) return;
  drawn.set(name, now);
  byId(`about-${name}`).replaceChildren(...about);
}

/** That the machine has changed its mind: never silently. */
function changed(name, field, open, change) {
  if (GROWING.includes(name)) return [];
  const gone = ["", null, undefined].includes(field.previous) || field.previous === field.value;
  if (gone || noted.get(name) === String(field.value)) return [];
  const input = byId("ticket").elements.namedItem(name);
  const was = called(input, field.previous);
  return [
    make(
      "span",
      { class: "changed", role: "status" },
      `${text("was_before")} ${was} `,
      make(
        "button",
        { type: "button", disabled: !open, onclick: () => change(name, field.previous) },
        text("keep_previous"),
      ),
      make("button", { type: "button", onclick: () => note(name, field.value) }, text("noted")),
    ),
  ];
}

function note(name, value) {
  noted.set(name, String(value));
  byId(`about-${name}`).querySelector(".changed")?.remove();
}

/** What people call a value of the field. */
function called(input, value) {
  if (input.tagName !== "SELECT") return String(value);
  const option = [...input.options].find((one) => one.value === String(value));
  return option ? option.textContent : String(value);
}

function shown(input, value) {
  const string = value === null || value === undefined ? "" : String(value);
  const unknown = input.tagName === "SELECT" && string && !input.querySelector(`[value="${CSS.escape(string)}"]`);
  if (unknown) input.append(make("option", { value: string }, string));
  return string;
}

/** The words that a value comes from; pressed, they are shown where they were said. */
function evidence(found) {
  const pieces = (Array.isArray(found) ? found : []).filter((one) => one?.words);
  return pieces.map((piece) =>
    make(
      "button",
      { type: "button", class: "quote", title: text("show_words"), onclick: () => cite(pieces, piece) },
      `“${shortened(piece.words)}”`,
    ),
  );
}

const LONGEST_QUOTE = 24;

function shortened(words) {
  return words.length > LONGEST_QUOTE ? `${words.slice(0, LONGEST_QUOTE)}…` : words;
}
