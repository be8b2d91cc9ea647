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
      ...putForward(call).map((name) => make("span", { class: "badge warn" }, text(name))),
      make("div", { class: "line" }, wayOf(call) + lineOf(call)),
      call.alarm ? alarm(call.alarm) : "",
      make("div", { class: "empty" }, `${text(status)} · ${clock(call.arrived_at)}`),
    ),
    ...hints(call.hints ?? []),
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

/** Why the caller was put forward: names of texts. */
function putForward(call) {
  const step = call.path.find((one) => one.step === "ivr" && one.prompt === "priority");
  const reasons = step ? step.detail.split(" ") : [];
  const again = reasons.includes("repeat") || reasons.includes("ticket");
  return [reasons.includes("vip") && "caller_vip", again && "caller_again"].filter(Boolean);
}

/** What a supervisor should look at; agents are not sent any. */
function hints(all) {
  if (!all.length) return [];
  const lines = all.map((one) => `${clock(one.at)} ${text(`quality_${one.rule}`)} ${one.detail}`);
  return [make("h3", {}, text("quality")), list(lines, (line) => line)];
}

function alarm({ line, words, urgent_only }) {
  const what = text(urgent_only ? "alarm_urgent" : "alarm");
  return make("p", { class: "alarm", role: "alert" }, `${what} ${line}：“${words}”`);
}

function wayOf(call) {
  const way = { callback: "outward", survey: "survey_call" }[call.kind];
  return way ? `${text(way)} · ` : "";
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
  if (step.step === "citizen") return `${text("step_citizen")} ${text(`citizen_${step.result}`)}`;
  const detail = String(step[DETAILS[step.step]] ?? "").replace("PJSIP/agent-", "");
  return `${text(`step_${step.step}`)} ${detail}`;
}

function list(items, describe) {
  if (items === null) return make("p", { class: "empty" }, text("looking_up"));
  if (!items.length) return make("p", { class: "empty" }, text("none"));
  return make("ul", { class: "plain" }, ...items.map((item) => make("li", {}, describe(item))));
}
