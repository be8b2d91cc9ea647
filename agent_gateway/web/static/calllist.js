// The last calls, with their recordings and transcripts.

import { byId, make } from "./dom.js";
import { clock, minutes, text } from "./language.js";
import { nameOf } from "./names.js";
import { showTranscript } from "./transcript.js";

/** Show the calls. */
export function showCalls(calls) {
  byId("calls").replaceChildren(...calls.map(row));
}

function row(call) {
  const player = make("td");
  const words = make("td");
  if (call.talk_seconds > 0) {
    const play = () => {
      const audio = make("audio", { controls: true, preload: "none" });
      audio.src = `/api/recordings/${encodeURIComponent(call.call_id)}`;
      player.replaceChildren(audio);
      audio.play().catch(() => {});
    };
    const label = `${text("play")} ${call.caller} ${clock(call.arrived_at)}`;
    player.append(make("button", { type: "button", onclick: play, "aria-label": label }, "▶"));
    const read = `${text("words_of_call")} ${call.caller} ${clock(call.arrived_at)}`;
    const open = () => showTranscript(call);
    words.append(make("button", { type: "button", onclick: open, "aria-label": read }, "≡"));
  }
  return make(
    "tr",
    {},
    make("td", {}, clock(call.arrived_at)),
    make("td", { title: nameOf("lines", call.line) }, call.line),
    make("td", {}, call.caller || text("withheld")),
    make("td", {}, call.agent),
    make("td", {}, text(`disposition_${call.disposition}`)),
    make("td", {}, call.talk_seconds ? minutes(call.talk_seconds) : ""),
    player,
    words,
  );
}
