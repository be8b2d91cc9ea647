// The last calls, with their recordings.

import { byId, make } from "./dom.js";
import { clock, minutes, text } from "./language.js";
import { nameOf } from "./names.js";

/** Show the calls. */
export function showCalls(calls) {
  byId("calls").replaceChildren(...calls.map(row));
}

function row(call) {
  const player = make("td");
  if (call.talk_seconds > 0) {
    const play = () => {
      const audio = make("audio", { controls: true, preload: "none" });
      audio.src = `/api/recordings/${encodeURIComponent(call.call_id)}`;
      player.replaceChildren(audio);
      audio.play().catch(() => {});
    };
    const label = `${text("play")} ${call.caller} ${clock(call.arrived_at)}`;
    player.append(make("button", { type: "button", onclick: play, "aria-label": label }, "▶"));
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
  );
}
