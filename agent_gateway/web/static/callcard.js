// The screen-pop: who calls, on which line, by which way, and what is known of the number.

import { byId, make } from "./dom.js";
import { clock, minutes, text } from "./language.js";
import { nameOf } from "./names.js";

const DETAILS = {
  key: "digit",
  queued: "position",
  answered: "endpoint",
  survey: "score",
  alarm: "line",
};

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
      make("div", { class: "line" }, lineOf(call)),
      call.alarm ? alarm(call.alarm) : "",
      make("div", { class: "empty" }, `${text(status)} · ${clock(call.arrived_at)}`),
    ),
    make("h3", {}, text("way")),
    list(call.path, (step) => `${clock(step.at)} ${stepOf(step)}`),
    make("h3", {}, text("history")),
    list(call.history, (one) =>
      [
        clock(one.arrived_at),
        nameOf("lines", one.line),
        text(`disposition_${one.disposition}`),
        one.talk_seconds ? minutes(one.talk_seconds) : "",
      ].join(" "),
    ),
    make("h3", {}, text("open_tickets")),
    list(call.open_tickets, (one) => `${one.number} · ${nameOf("lines", one.line)} · ${clock(one.created_at)}`),
  );
}

function alarm({ line, words, urgent_only }) {
  const what = text(urgent_only ? "alarm_urgent" : "alarm");
  return make("p", { class: "alarm", role: "alert" }, `${what} ${line}：“${words}”`);
}

function lineOf(call) {
  if (!call.line_name) return call.line;
  return call.line_name.startsWith(call.line) ? call.line_name : `${call.line} ${call.line_name}`;
}

/** Where the step led, by its name. */
function detailOf({ detail = "" }) {
  const queue = nameOf("queues", detail);
  return queue === detail ? nameOf("lines", detail) : queue;
}

function stepOf(step) {
  if (step.step === "ivr") {
    const said = text(`ivr_${step.prompt}`);
    return `${said.startsWith("ivr_") ? step.prompt : said} ${detailOf(step)}`;
  }
  if (step.step === "left_queue" || step.step === "queued") {
    const place = step.step === "queued" ? step.position : "";
    return `${text(`step_${step.step}`)} ${nameOf("queues", step.queue)} ${place}`;
  }
  const detail = String(step[DETAILS[step.step]] ?? "").replace("PJSIP/agent-", "");
  return `${text(`step_${step.step}`)} ${detail}`;
}

function list(items, describe) {
  if (items === null) return make("p", { class: "empty" }, text("looking_up"));
  if (!items.length) return make("p", { class: "empty" }, text("none"));
  return make("ul", { class: "plain" }, ...items.map((item) => make("li", {}, describe(item))));
}
