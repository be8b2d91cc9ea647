// The transcript of a call that is over: the better one, with a switch to the other.

import { byId, make } from "./dom.js";
import { clock, text } from "./language.js";
import { ask } from "./service.js";
import { bubble } from "./words.js";

let shown = null;
let failed = () => {};

/** Tell of failures to `onFailure`. */
export function openTranscripts(onFailure) {
  failed = onFailure;
  closeTranscript();
}

/** Show the better transcript of a call. */
export const showTranscript = (call) => load(call, "best");

/** Show none. */
export function closeTranscript() {
  shown = null;
  draw();
}

/** In the language of now. */
export const redrawTranscript = () => draw();

async function load(call, which) {
  try {
    const path = `/api/calls/${encodeURIComponent(call.call_id)}/transcript?which=${which}`;
    shown = { call, transcript: await ask("GET", path) };
    draw();
    byId("transcript").scrollIntoView({ block: "nearest" });
  } catch (error) {
    failed(error);
  }
}

function draw() {
  byId("transcript").hidden = !shown;
  if (!shown) {
    byId("transcript-words").replaceChildren();
    return;
  }
  const { call, transcript } = shown;
  byId("transcript-call").textContent = `${call.caller || text("withheld")} ${clock(call.arrived_at)}`;
  byId("transcript-state").textContent = standing(transcript.second);
  const both = transcript.second.state === "done";
  byId("transcript-which").replaceChildren(
    ...(both ? ["second", "live"] : []).map((which) => choice(call, which, transcript.which)),
    make("button", { type: "button", onclick: closeTranscript }, text("close")),
  );
  const turns = transcript.turns.map((turn) => bubble({ ...turn, final: true }));
  const none = make("li", { class: "empty" }, text("none"));
  byId("transcript-words").replaceChildren(...(turns.length ? turns : [none]));
}

function choice(call, which, now) {
  const pressed = String(which === now);
  const attributes = { type: "button", "aria-pressed": pressed, onclick: () => load(call, which) };
  return make("button", attributes, text(`transcript_${which}`));
}

function standing({ state, reason }) {
  if (state === "none") return text("transcript_live");
  return [text(`second_${state}`), reason].filter(Boolean).join("：");
}
