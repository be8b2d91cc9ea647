// Calling citizens back: the list of missed calls, the button of a call, and what came of it.

import { byId, make } from "./dom.js";
import { clock, text } from "./language.js";
import { ask } from "./service.js";

const RESULTS = ["reached", "no_answer", "busy", "refused", "wrong_number", "unknown_number"];

const missed = new Map();
let shown = null;
let failed = () => {};
let written = "";

/** Load the list; `trouble(error)` shows what went wrong. */
export async function openCallbacks(trouble) {
  failed = trouble;
  missed.clear();
  for (const one of (await ask("GET", "/api/missed-calls?limit=50")).missed_calls) {
    missed.set(one.id, one);
  }
  showMissed();
}

/** An entry is new, has changed or was closed. */
export function missedChanged(entry) {
  if (entry.closed_at) missed.delete(entry.id);
  else missed.set(entry.id, entry);
  showMissed();
}

/** The list, in the order of calling back. */
export function showMissed() {
  const order = (one) => `${one.requested ? 0 : 1}${one.waiting_since}`;
  const entries = [...missed.values()].sort((a, b) => (order(a) < order(b) ? -1 : 1));
  byId("missed").replaceChildren(
    ...entries.map((one) => {
      const button = make("button", { type: "button" }, text("call_back"));
      button.addEventListener("click", () => call({ missed_id: one.id }));
      return make(
        "tr",
        {},
        make("td", {}, clock(one.waiting_since)),
        make("td", {}, one.line),
        make("td", {}, one.caller),
        make("td", {}, String(one.calls)),
        make("td", {}, one.requested ? text("yes") : ""),
        make("td", {}, button),
      );
    }),
  );
}

/** What can be done with the call on the screen (null: nothing). */
export function showCallBack(callNow, extension) {
  const mine = callNow && extension && callNow.ended_at && callNow.agents.includes(extension);
  const ours = Boolean(mine) && callNow.kind === "callback" && written !== callNow.call_id;
  if (ours && shown?.call_id !== callNow.call_id) propose(callNow);
  shown = mine ? callNow : null;
  byId("call-back").hidden = !mine || !callNow.caller;
  byId("callback-result").hidden = !ours;
}

const TRIES = 6;

/** The service knows already what the telephone network said; the agent may know better. */
async function propose(callNow) {
  const form = byId("callback-result");
  form.elements.note.value = "";
  form.elements.result.replaceChildren(
    ...RESULTS.map((one) => make("option", { value: one }, text(`callback_${one}`))),
  );
  await chooseKnown(callNow.call_id, form, TRIES);
}

/** The result is written a moment after the call's end is told. */
async function chooseKnown(callId, form, tries) {
  try {
    const known = (await ask("GET", "/api/callbacks?limit=20")).callbacks;
    const result = known.find((one) => one.call_id === callId)?.result;
    if (RESULTS.includes(result)) form.elements.result.value = result;
    else if (tries > 1 && shown?.call_id === callId) {
      setTimeout(() => chooseKnown(callId, form, tries - 1), 1000);
    }
  } catch (error) {
    failed(error);
  }
}

async function call(whom) {
  try {
    await ask("POST", "/api/callbacks", whom);
  } catch (error) {
    failed(error);
  }
}

byId("call-back").addEventListener("click", () => shown && call({ call_id: shown.call_id }));
byId("callback-result").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!shown) return;
  const { result, note } = Object.fromEntries(new FormData(event.target));
  try {
    await ask("POST", `/api/callbacks/${shown.call_id}/result`, { result, note });
    written = shown.call_id;
    event.target.hidden = true;
  } catch (error) {
    failed(error);
  }
});
