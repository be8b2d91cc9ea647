// The screen-pop: who calls, on which line, by which way, and what is known of the number.

import { byId, make } from "./dom.js";
import { clock, minutes, text } from "./language.js";

const DETAILS = { ivr: "prompt", key: "digit", queued: "position", answered: "endpoint" };

/** Show the call (null: none). */
export function showCall(call, extension) {
  const place = byId("call");
  if (!call) {
    place.replaceChildren(make("p", { class: "empty" }, text("no_call")));
    return;
  }
  const rings = call.ringing.includes(extension) && !call.ended_at;
  const status = call.ended_at ? "ended" : rings ? "ringing" : "talking";
  place.replaceChildren(
    make(
      "div",
      { class: rings ? "ringing-card" : "" },
      make("div", { class: "number" }, call.caller || text("withheld")),
      make("div", {}, call.caller_name),
      make("div", { class: "line" }, [call.line, call.line_name].filter(Boolean).join(" ")),
      make("div", { class: "empty" }, `${text(status)} · ${clock(call.arrived_at)}`),
    ),
    make("h3", {}, text("way")),
    list(call.path, (step) => {
      const detail = step[DETAILS[step.step]];
      return `${clock(step.at)} ${text(`step_${step.step}`)} ${detail ?? ""}`;
    }),
    make("h3", {}, text("history")),
    list(call.history, (one) =>
      [
        clock(one.arrived_at),
        one.line,
        text(`disposition_${one.disposition}`),
        one.talk_seconds ? minutes(one.talk_seconds) : "",
      ].join(" "),
    ),
    make("h3", {}, text("open_tickets")),
    list(call.open_tickets, (one) => `${one.number} · ${one.line} · ${clock(one.created_at)}`),
  );
}

function list(items, describe) {
  if (items === null) return make("p", { class: "empty" }, text("looking_up"));
  if (!items.length) return make("p", { class: "empty" }, text("none"));
  return make("ul", { class: "plain" }, ...items.map((item) => make("li", {}, describe(item))));
}
