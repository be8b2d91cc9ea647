// The agent's page: keeps what is known of the calls and shows the one that matters.

import {
  closeAdministration,
  forgetAdministration,
  openAdministration,
  redrawAdministration,
  refreshAdministration,
  showDesk,
} from "./administration.js";
import { showAdvice } from "./advice.js";
import { missedChanged, openCallbacks, showCallBack, showMissed } from "./callbacks.js";
import { showCall } from "./callcard.js";
import { showCalls } from "./calllist.js";
import { byId, make } from "./dom.js";
import { isUnsaved } from "./editor.js";
import { errorText, switchLanguage, text, translatePage } from "./language.js";
import { openLookup } from "./lookup.js";
import { learnNames } from "./names.js";
import { takePinned } from "./pinned.js";
import { Live, ServiceError, ask, unmaskBecause } from "./service.js";
import { sure } from "./sure.js";
import {
  closeSupervision,
  heardBySupervisor,
  openSupervision,
  showSupervision,
} from "./supervision.js";
import { closeTelephone, openTelephone, redrawTelephone, telephoneTaken } from "./telephone.js";
import { forgetForm, showTicket } from "./ticketform.js";
import { closeTranscript, openTranscripts, redrawTranscript } from "./transcript.js";
import { openTransfers, showTransfer } from "./transfers.js";
import { addTurn, showDelay, showWords } from "./words.js";

const state = { user: null, agent: null, calls: new Map(), current: null, live: null, last: [] };

// ---- showing ------------------------------------------------------------------------------------

function current() {
  return state.calls.get(state.current) ?? null;
}

function show() {
  const call = current();
  showCall(call, state.user.extension);
  showCallBack(call, state.user.extension);
  showTransfer(call, state.user.extension);
  showWords(call && call.turns);
  showDelay(call && call.delays);
  showAdvice(call && call.advice);
  const ours = call && (call.agents.includes(state.user.extension) || call.ticket);
  showTicket(
    { key: ours ? call.call_id : null, ticket: call?.ticket, prefill: call?.prefill },
    changeField,
    submitTicket,
  );
}

function showAgent() {
  const agent = state.agent;
  const badge = byId("state");
  badge.hidden = !agent;
  byId("state-buttons").hidden = !agent;
  if (!agent) return;
  badge.className = `badge ${agent.state}`;
  const reason = agent.state === "break" && agent.reason ? ` · ${agent.reason}` : "";
  badge.textContent = text(`state_${agent.state}`) + reason;
  byId("be-ready").disabled = agent.state === "ready";
  byId("be-out").disabled = agent.state === "logged_out";
  byId("be-break").disabled = agent.state === "logged_out";
}

function notice(message) {
  byId("notice").hidden = !message;
  byId("notice").textContent = message;
}

async function refreshCalls() {
  try {
    state.last = (await ask("GET", "/api/calls?limit=20")).calls;
    showCalls(state.last);
  } catch (error) {
    failed(error);
  }
}

const FIRST_MS = 1000;
const LAST_MS = 32_000;

/** The record of a call is written a moment after its end is told, its recording sealed later. */
async function refreshUntilSealed(callId, pauseMs = FIRST_MS) {
  if (!state.user) return;
  await refreshCalls();
  const call = state.last.find((one) => one.call_id === callId);
  const done = call?.ended_at && call.has_recording;
  if (state.user && !done && pauseMs <= LAST_MS) {
    setTimeout(() => refreshUntilSealed(callId, pauseMs * 2), pauseMs);
  }
}

function failed(error) {
  if (!(error instanceof ServiceError)) throw error;
  if (error.status === 401) leave();
  else notice(errorText(error));
}

// ---- what the service tells ---------------------------------------------------------------------

function put(call) {
  // hints come with a snapshot, or one by one
  if (!call.hints?.length) call.hints = state.calls.get(call.call_id)?.hints ?? [];
  state.calls.set(call.call_id, call);
  if (state.calls.size > 50) state.calls.delete(state.calls.keys().next().value);
}

/** A call that rings or is talked on by this agent takes the screen; supervisors see the newest. */
function choose(call) {
  const mine = call.ringing.includes(state.user.extension) || call.agents.includes(state.user.extension);
  const busy = current() && !current().ended_at && current().agents.includes(state.user.extension);
  if (mine || (!state.user.extension && !busy)) state.current = call.call_id;
}

const HEARD = {
  hello({ masked }) {
    notice("");
    byId("unmask").hidden = !masked;
  },
  snapshot(message) {
    state.agent = message.agent;
    state.calls.clear();
    message.calls.forEach(put);
    message.calls.forEach(choose);
    if (!current()) state.current = null;
    takePinned(message.pinned);
    openTransfers(orderTransfer).catch(failed);
    showAgent();
    refreshCalls();
  },
  "call.arrived": ({ call }) => update(call),
  "call.updated": ({ call }) => update(call),
  "call.offered"({ call }) {
    update(call);
    // whoever it rings for sees it, whatever they were doing; what they typed stays
    if (call.ringing.includes(state.user.extension)) showDesk();
  },
  "call.offer_ended"(message) {
    const call = state.calls.get(message.call_id);
    if (!call) return;
    call.ringing = call.ringing.filter((one) => one !== message.extension);
    const gone = message.extension === state.user.extension && message.outcome !== "answered";
    if (gone && state.current === call.call_id && state.user.extension) state.current = null;
  },
  "call.answered"(message) {
    const call = state.calls.get(message.call_id);
    if (!call) return;
    call.answered_at = message.at;
    call.ringing = call.ringing.filter((one) => one !== message.extension);
    if (!call.agents.includes(message.extension)) call.agents.push(message.extension);
    choose(call);
  },
  "call.ended"(message) {
    const call = state.calls.get(message.call_id);
    if (call) Object.assign(call, { ended_at: message.at, ringing: [] });
    refreshUntilSealed(message.call_id);
  },
  "call.alarm"(message) {
    const call = state.calls.get(message.call_id);
    if (call) call.alarm = message;
  },
  "call.quality"(message) {
    const call = state.calls.get(message.call_id);
    if (call) call.hints = [...(call.hints ?? []), message];
  },
  "call.advice"(message) {
    const call = state.calls.get(message.call_id);
    if (call) call.advice = message;
  },
  "missed.changed": ({ missed_call }) => missedChanged(missed_call),
  "transfer.changed"(message) {
    const call = state.calls.get(message.call_id);
    if (call) call.transfer = message;
  },
  "transcript.partial": (message) => heardTurn(message, false),
  "transcript.final": (message) => heardTurn(message, true),
  "transcript.delayed"(message) {
    const call = state.calls.get(message.call_id);
    if (call) call.delays = { ...call.delays, [message.speaker]: message.behind_ms };
  },
  "prefill.changed"(message) {
    const call = state.calls.get(message.call_id);
    // only what the last words have changed
    if (call) call.prefill = { ...call.prefill, ...message.fields };
  },
  "ticket.drafted": (message) => ticket(message),
  "ticket.changed": (message) => ticket(message),
  "telephone.taken": telephoneTaken,
  "targets.pinned": ({ pinned }) => takePinned(pinned),
  "agent.state"(message) {
    if (message.extension !== state.user.extension) return;
    state.agent = message;
    showAgent();
  },
  "link.state"(message) {
    byId("link").hidden = message.state === "up";
    byId("link").textContent = text("link_down");
  },
  error(message) {
    notice(errorText(message));
  },
};

function update(call) {
  put(call);
  choose(call);
}

function heardTurn(message, final) {
  const call = state.calls.get(message.call_id);
  if (call) addTurn(call.turns, { ...message, final });
}

function ticket(message) {
  const call = state.calls.get(message.ticket.call_id);
  if (!call) return;
  for (const [name, field] of Object.entries(message.ticket.fields)) {
    // the draft may be filled otherwise than the page showed while the call went on
    const before = (call.ticket?.call_ended_at ? call.ticket.fields : call.prefill)?.[name];
    const told = before?.value === field.value ? before?.previous : before?.value;
    if (field.touched_by == null) field.previous ??= told;
  }
  call.ticket = message.ticket;
}

let drawing = false;

function heard(message) {
  HEARD[message.type]?.(message);
  heardBySupervisor(message);
  // many words a second come: one drawing a frame is enough
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    if (state.user) show();
  });
}

// ---- what the agent does ------------------------------------------------------------------------

async function want(wanted, reason = "") {
  try {
    const now = await ask("POST", "/api/agent/state", { state: wanted, reason });
    state.agent = now;
    notice("");
    showAgent();
  } catch (error) {
    failed(error);
  }
}

function changeField(name, value) {
  const call = current();
  if (!call) return;
  const target = call.ticket ? { ticket: call.ticket.number } : { call_id: call.call_id };
  const sent = state.live.send({ type: "ticket.patch", fields: { [name]: value }, ...target });
  notice(sent ? "" : text("offline"));
}

async function submitTicket() {
  const call = current();
  if (!call?.ticket) return;
  try {
    call.ticket = await ask("POST", `/api/tickets/${call.ticket.number}/submit`);
    show();
  } catch (error) {
    failed(error);
  }
}

async function orderTransfer(what, body) {
  const call = current();
  if (!call) return;
  try {
    await ask("POST", `/api/calls/${call.call_id}/${what}`, body);
    notice("");
  } catch (error) {
    failed(error);
  }
}

// ---- coming and going ---------------------------------------------------------------------------

function enter(user) {
  state.user = user;
  byId("login").hidden = true;
  byId("bar").hidden = false;
  byId("desk").hidden = false;
  byId("city").textContent = user.city;
  byId("who").textContent = [user.display_name, user.extension].filter(Boolean).join(" · ");
  byId("break-reason").replaceChildren(
    ...user.break_reasons.map((reason) => make("option", { value: reason }, reason)),
  );
  showAgent();
  show();
  openTransfers(orderTransfer).catch(failed);
  openSupervision(user, failed).catch(failed);
  learnNames()
    .then(() => {
      forgetForm();
      show();
      showSupervision();
      redrawAdministration();
    })
    .catch(failed);
  openLookup(failed);
  openAdministration(user, (error) => (error ? failed(error) : notice("")));
  openCallbacks(failed).catch(failed);
  openTranscripts(failed);
  openTelephone(user, failed).catch(failed);
  state.live = new Live(heard, (ended) => (ended ? leave() : notice(text("offline"))));
}

function leave() {
  state.live?.close();
  closeTelephone();
  closeSupervision();
  closeTranscript();
  closeAdministration();
  Object.assign(state, { user: null, agent: null, current: null, live: null });
  state.calls.clear();
  unmaskBecause("");
  byId("unmask").hidden = true;
  byId("bar").hidden = true;
  byId("desk").hidden = true;
  byId("login").hidden = false;
  showCalls([]);
  notice("");
}

byId("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  const error = byId("login-error");
  error.textContent = "";
  try {
    const { username, password } = Object.fromEntries(new FormData(form));
    const reply = await ask("POST", "/api/login", { username, password });
    form.reset();
    enter(reply.user);
  } catch (problem) {
    error.textContent = errorText(problem);
  }
});
byId("logout").addEventListener("click", async () => {
  if (isUnsaved() && !(await sure(text("unsaved"), text("throw_away")))) return;
  // nothing more is asked for in this session
  state.live?.close();
  state.user = null;
  await ask("POST", "/api/logout").catch(() => {});
  leave();
  forgetAdministration();
});
byId("unmask").addEventListener("submit", (event) => {
  event.preventDefault();
  const { reason } = Object.fromEntries(new FormData(event.target));
  event.target.reset();
  unmaskBecause(reason);
  // all is sent anew, in full
  state.live.send({ type: "unmask", reason });
  refreshAdministration();
});
byId("be-ready").addEventListener("click", () => want("ready"));
byId("be-break").addEventListener("click", () => want("break", byId("break-reason").value));
byId("be-out").addEventListener("click", () => want("logged_out"));
byId("language").addEventListener("click", () => {
  switchLanguage();
  forgetForm();
  redrawTelephone();
  if (!state.user) return;
  showAgent();
  show();
  showCalls(state.last);
  showSupervision();
  showMissed();
  redrawTranscript();
  redrawAdministration();
});

translatePage();
ask("GET", "/api/me").then(enter, () => {});
