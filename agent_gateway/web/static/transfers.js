// Handing the call on: topics, emergency lines, targets of the directory, and what fits the moment.

import { byId } from "./dom.js";
import { openEmergency, showEmergency } from "./emergency.js";
import { text } from "./language.js";
import { nameOf } from "./names.js";
import { leaders, showTopics } from "./pinned.js";
import { ask } from "./service.js";
import { groupsOf } from "./targets.js";

const RINGING = ["consult_ringing", "three_way_ringing"];
const BEGIN = ["blind", "consult", "three_way"];
const ALLOWED = {
  merge: ["consult_ringing", "consulting"],
  complete: ["consult_ringing", "consulting", "three_way"],
  abort: [...RINGING, "consulting", "three_way"],
};

let shown = null;
let listed = "";
let targets = [];
let order = async () => {};

/** Fill the lists; `act(path, body)` sends an order for the call on the screen. */
export async function openTransfers(act) {
  order = act;
  const directory = await ask("GET", "/api/directory");
  openEmergency(directory, order);
  const { departments, contacts, agents, queues } = directory;
  targets = [...departments, ...contacts, ...agents, ...queues];
  listTargets();
}

/** Show what can be done with the call now (null: nothing). */
export function showTransfer(call, extension) {
  const citizens = call && call.kind !== "callback";
  const mine = citizens && !call.ended_at && call.answered_at && call.agents.includes(extension);
  shown = mine ? call : null;
  byId("transfer").hidden = !mine;
  if (!mine) return;
  const { state = "together", name = "", reason = "", drill = false } = call.transfer ?? {};
  byId("to-survey").disabled = Boolean(call.transfer) || call.kind === "survey";
  for (const kind of BEGIN) byId(`transfer-${kind}`).disabled = state !== "together";
  for (const [what, states] of Object.entries(ALLOWED)) {
    byId(`transfer-${what}`).disabled = !states.includes(state);
  }
  showTopics(call, state === "together", (kind, target) => shown && order("transfer", { kind, target }));
  showEmergency(call);
  listTargets();
  const why = text(`transfer_reason_${reason}`);
  const known = why !== `transfer_reason_${reason}`;
  byId("transfer-state").textContent = call.transfer
    ? [drill ? text("drill") : "", text(`transfer_${state}`), nameOf("queues", name), known ? why : ""].filter(Boolean).join(" · ")
    : "";
}

function listTargets() {
  const words = byId("transfer-search").value.trim().toLowerCase();
  const all = [...leaders(), ...targets];
  const fits = (one) =>
    [one.name, one.target, one.note, ...one.aliases].some((known) => known.toLowerCase().includes(words));
  const found = words ? all.filter(fits) : all;
  const key = JSON.stringify([words, document.documentElement.lang, found]);
  // what has not changed stays as it is, so that a choice is not lost
  if (key === listed) return;
  listed = key;
  const list = byId("transfer-target");
  const chosen = list.value;
  list.replaceChildren(...groupsOf(found));
  list.value = chosen;
  if (list.selectedIndex < 0 && words && found.length) list.selectedIndex = 0;
}

byId("transfer-search").addEventListener("input", listTargets);
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
