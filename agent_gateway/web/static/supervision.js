// For supervisors: agents with their states and calls, queues with their figures.

import { byId, make } from "./dom.js";
import { clock, text } from "./language.js";
import { nameOf } from "./names.js";
import { ask } from "./service.js";

const known = { on: false, queues: new Map(), agents: new Map(), names: new Map(), mine: null };
let failed = () => {};

/** Show the section to supervisors; `onError` takes what goes wrong. */
export async function openSupervision(user, onError) {
  known.on = user.role !== "agent";
  byId("supervision").hidden = !known.on;
  if (!known.on) return;
  known.extension = user.extension;
  failed = onError;
  const [figures, { agents }] = await Promise.all([ask("GET", "/api/figures"), ask("GET", "/api/agents")]);
  agents.forEach((one) => known.names.set(one.extension, one.display_name));
  take(figures);
}

/** Forget everything, for the next who logs in. */
export function closeSupervision() {
  Object.assign(known, { on: false, mine: null });
  [known.queues, known.agents, known.names].forEach((one) => one.clear());
  byId("supervision").hidden = true;
}

/** A message of the service; others are passed over. */
export function heardBySupervisor(message) {
  if (!known.on) return;
  if (message.type === "figures.changed") take(message);
  if (message.type === "supervision.changed" && message.supervisor === known.extension) {
    known.mine = message.state === "over" ? null : message;
    const why = message.reason ? ` · ${text(`supervision_${message.reason}`)}` : "";
    byId("supervision-state").textContent = `${message.agent} ${text(`supervision_${message.state}`)}${why}`;
    showSupervision();
  }
}

/** Draw the tables (also after a change of the language). */
export function showSupervision() {
  if (!known.on) return;
  byId("queue-rows").replaceChildren(...[...known.queues.values()].map(queueRow));
  byId("agent-rows").replaceChildren(...[...known.agents.values()].map(agentRow));
}

function take({ queues, agents }) {
  queues.forEach((one) => known.queues.set(one.queue, one));
  agents.forEach((one) => known.agents.set(one.extension, one));
  showSupervision();
}

function queueRow(queue) {
  const waits = queue.waiting_since ? `${queue.waiting} · ${clock(queue.waiting_since)}` : queue.waiting;
  const busy = queue.ringing + queue.talking;
  const figures = [waits, queue.ready, busy, queue.wrap_up, queue.on_break];
  const today = [queue.calls, queue.answered, queue.answered_in_time, queue.abandoned];
  return make(
    "tr",
    { "data-queue": queue.queue },
    make("th", { scope: "row" }, queue.title === queue.queue ? nameOf("queues", queue.queue) : queue.title),
    ...[...figures, ...today].map((one) => make("td", {}, String(one))),
  );
}

function agentRow(agent) {
  const state = text(`state_${agent.state}`) + (agent.state === "break" ? ` · ${agent.reason}` : "");
  const queues = Object.entries(agent.queues).map(([queue, level]) => `${nameOf("queues", queue)} ${level}`);
  return make(
    "tr",
    { "data-agent": agent.extension },
    make("th", { scope: "row" }, `${agent.extension} ${known.names.get(agent.extension) ?? ""}`),
    make("td", {}, make("span", { class: `badge ${agent.state}` }, state)),
    make("td", {}, agent.since ? clock(agent.since) : ""),
    make("td", {}, queues.join(", ")),
    make("td", {}, String(agent.answered)),
    make("td", {}, make("div", { class: "buttons" }, ...orders(agent))),
  );
}

function orders(agent) {
  const path = `/api/agents/${encodeURIComponent(agent.extension)}`;
  const label = (name) => `${text(name)} ${agent.extension}`;
  const button = (name, onclick, usable) =>
    make("button", { type: "button", onclick, disabled: !usable, "aria-label": label(name) }, text(name));
  const talking = agent.state === "talking" && agent.extension !== known.extension && known.extension;
  const mine = known.mine?.agent === agent.extension;
  const spy = (mode) =>
    button(
      `supervision_${mode}`,
      () => order("POST", `${path}/supervision`, { mode }),
      talking && !(mine && known.mine.state === mode),
    );
  const found = [spy("listen"), spy("whisper"), spy("barge")];
  if (mine) found.push(button("supervision_leave", () => order("DELETE", "/api/supervision"), true));
  const out = () => order("POST", `${path}/state`, { state: "logged_out" });
  found.push(button("force_out", out, agent.state !== "logged_out"));
  return found;
}

async function order(method, path, body) {
  try {
    await ask(method, path, body);
  } catch (error) {
    failed(error);
  }
}
