// The last calls, with their recordings and transcripts.

import { byId, make } from "./dom.js";
import { clock, minutes, text } from "./language.js";
import { nameOf } from "./names.js";
import { showTranscript } from "./transcript.js";

let shown = "";

/** Show the calls. */
export function showCalls(calls) {
  const key = JSON.stringify([calls, document.documentElement.lang]);
  // what has not changed stays: somebody may be listening
  if (key === shown) return;
  shown = key;
  byId("calls").replaceChildren(...calls.map(row));
}

function row(call) {
  const player = make("td");
  const words = make("td");
  if (call.has_recording) {
    const play = () => {
      const broken = () => player.replaceChildren(text("not_playable"));
      const audio = make("audio", { controls: true, preload: "none", onerror: broken });
      audio.src = `/api/recordings/${encodeURIComponent(call.call_id)}`;
      player.replaceChildren(audio);
      audio.play().catch(() => {});
    };
    const label = `${text("play")} ${call.caller} ${clock(call.arrived_at)}`;
    player.append(make("button", { type: "button", onclick: play, "aria-label": label }, "▶"));
  } else if (call.talk_seconds > 0) {
    player.append(make("span", { class: "empty" }, text("not_sealed")));
  }
  if (call.talk_seconds > 0) {
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
