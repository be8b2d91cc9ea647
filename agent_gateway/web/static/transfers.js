// Handing the call on: emergency lines, targets of the directory, and what fits the moment.

import { byId, make } from "./dom.js";
import { text } from "./language.js";
import { ask } from "./service.js";

const RINGING = ["consult_ringing", "three_way_ringing"];
const BEGIN = ["blind", "consult", "three_way"];
const ALLOWED = {
  merge: ["consult_ringing", "consulting"],
  complete: ["consult_ringing", "consulting", "three_way"],
  abort: [...RINGING, "consulting", "three_way"],
};

let shown = null;
let order = async () => {};

/** Fill the lists; `act(path, body)` sends an order for the call on the screen. */
export async function openTransfers(act) {
  order = act;
  const directory = await ask("GET", "/api/directory");
  byId("emergency").replaceChildren(
    ...directory.emergency_lines.map((line) => {
      const button = make("button", { type: "button", class: "danger" }, line);
      button.addEventListener("click", () => order("emergency", { line }));
      return button;
    }),
  );
  const targets = [...directory.departments, ...directory.agents, ...directory.queues];
  byId("transfer-target").replaceChildren(
    ...targets.map((one) => make("option", { value: one.target }, one.name)),
  );
}

/** Show what can be done with the call now (null: nothing). */
export function showTransfer(call, extension) {
  const inbound = call && call.direction === "inbound";
  const mine = inbound && !call.ended_at && call.answered_at && call.agents.includes(extension);
  shown = mine ? call : null;
  byId("transfer").hidden = !mine;
  if (!mine) return;
  const { state = "together", name = "", reason = "" } = call.transfer ?? {};
  byId("to-survey").disabled = Boolean(call.transfer);
  for (const kind of BEGIN) byId(`transfer-${kind}`).disabled = state !== "together";
  for (const [what, states] of Object.entries(ALLOWED)) {
    byId(`transfer-${what}`).disabled = !states.includes(state);
  }
  const why = text(`transfer_reason_${reason}`);
  const known = why !== `transfer_reason_${reason}`;
  byId("transfer-state").textContent = call.transfer
    ? [text(`transfer_${state}`), name, known ? why : ""].filter(Boolean).join(" · ")
    : "";
}

for (const kind of BEGIN) {
  byId(`transfer-${kind}`).addEventListener("click", () => {
    const target = byId("transfer-target").value;
    if (shown && target) order("transfer", { kind, target });
  });
}
byId("to-survey").addEventListener("click", () => shown && order("survey"));
for (const what of Object.keys(ALLOWED)) {
  byId(`transfer-${what}`).addEventListener("click", () => shown && order(what));
}
