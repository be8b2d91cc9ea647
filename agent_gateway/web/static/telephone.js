// The agent's telephone in the page: browser or desk, what it does now, and its buttons.

import {
  chooseMicrophone,
  chooseSpeaker,
  chosenMicrophone,
  chosenSpeaker,
  devicesOf,
  measure,
  openMicrophone,
  speakersCanBeChosen,
} from "./devices.js";
import { byId, make } from "./dom.js";
import { text } from "./language.js";
import { startRinging, stopRinging } from "./ringtone.js";
import { ask } from "./service.js";
import { Softphone } from "./softphone.js";

const PAGE = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
// state -> whether a person can do something about it by the button beside it
const STATES = {
  desk: false,
  asking: false,
  connecting: false,
  registered: false,
  unreachable: false,
  other_tab: false,
  refused: true,
  taken: true,
  microphone_refused: true,
  microphone_missing: true,
  insecure: false,
  missing: false,
  failed: true,
};
const KEYS = [..."123456789*0#"];
const TITLE = document.title;

let owner = null;
let failed = null;
let state = "desk";
let phone = null;
let release = null;
let stopMeter = null;
let measured = null;
// raised whenever it begins anew: what was begun before ends at its next step
let turn = 0;

const path = (what) => `/api/agents/${owner}/${what}`;

/** Begin for somebody who has logged in; `fail(error)` shows refusals. */
export async function openTelephone(user, fail) {
  closeTelephone();
  if (!user.extension) return;
  owner = user.extension;
  failed = fail;
  const view = await ask("GET", path("telephone"));
  byId("telephone").hidden = !view.softphone && view.telephone !== "browser";
  if (byId("telephone").hidden) return;
  const browser = view.telephone === "browser" || (!view.telephone && !view.registered);
  if (!browser) become("desk");
  else if (!view.softphone) become("missing");
  else await start(view.telephone === "");
}

/** No more calls here; the one that goes on is finished, and seen until then. */
export function closeTelephone() {
  owner = null;
  giveUp();
  freeTab();
  byId("telephone").hidden = !phone;
  show();
}

/** Be no telephone any more; `phone` stays until its call is over. */
function giveUp() {
  turn += 1;
  const leaving = phone;
  if (!phone?.talks) phone = null;
  leaving?.leave();
}

/** Let another tab be the telephone. */
function freeTab() {
  release?.();
  release = null;
}

/** Another page, or this one, is the agent's telephone from now on. */
export function telephoneTaken({ page }) {
  if (page === PAGE || !phone || phone.leaving) return;
  giveUp();
  freeTab();
  become("taken");
}

function become(now) {
  state = now;
  show();
}

async function start(undecided = false) {
  giveUp();
  const mine = turn;
  const over = () => mine !== turn;
  if (!isSecureContext || !navigator.mediaDevices) return become(undecided ? "desk" : "insecure");
  become("asking");
  try {
    const stream = await openMicrophone();
    stream.getTracks().forEach((track) => track.stop());
  } catch (error) {
    // who has not chosen the browser may have a telephone on the desk
    return over() ? null : become(undecided ? "desk" : withoutMicrophone(error));
  }
  if (over()) return null;
  try {
    if (undecided) await ask("PUT", path("telephone"), { telephone: "browser" });
    if (over() || !(await onlyTab(over))) return null;
    become("connecting");
    const secret = await ask("POST", path("softphone"), { page: PAGE });
    const { default: JsSIP } = await import("/softphone/jssip.js");
    if (over()) return null;
    phone = new Softphone(JsSIP, secret, byId("telephone-sound"), { changed, silent });
    useSpeaker();
  } catch (error) {
    if (over()) return null;
    become("failed");
    failed(error);
  }
  return null;
}

/** Wait until no other tab of this browser is the telephone; false when it is not wanted any more. */
async function onlyTab(over) {
  if (release) return true;
  const name = `hotline.telephone.${owner}`;
  const take = (options) =>
    new Promise((taken) => {
      navigator.locks.request(name, options, (lock) => {
        if (!lock) return taken(false);
        if (over()) return taken(true);
        return new Promise((free) => {
          release = free;
          taken(true);
        });
      });
    });
  if (!(await take({ ifAvailable: true }))) {
    become("other_tab");
    await take({});
  }
  return !over();
}

const withoutMicrophone = (error) =>
  error.name === "NotAllowedError" ? "microphone_refused" : "microphone_missing";

/** A call came, and the microphone cannot be had any more: no further calls until it can. */
function silent(error) {
  giveUp();
  freeTab();
  become(withoutMicrophone(error));
}

function changed(one) {
  if (one !== phone) return;
  if (!phone.leaving) {
    become(phone.link);
    return;
  }
  if (!phone.session) phone = null;
  if (!phone && !owner) byId("telephone").hidden = true;
  show();
}

// ---- showing ------------------------------------------------------------------------------------

/** Show all, in the language of now. */
export function redrawTelephone() {
  if (!byId("telephone").hidden) show();
}

function show() {
  const badge = byId("telephone-state");
  const advice = text(`telephone_advice_${state}`);
  badge.className = `badge ${state === "registered" ? "ready" : state === "desk" ? "logged_out" : "warn"}`;
  say(badge, text(`telephone_${state}`));
  say(byId("telephone-advice"), advice.startsWith("telephone_") ? "" : advice);
  byId("telephone-retry").hidden = !STATES[state] || Boolean(phone?.session);
  byId("telephone-retry").textContent = text(state === "taken" ? "telephone_here" : "telephone_retry");
  byId("telephone-kind").value = state === "desk" ? "desk" : "browser";
  byId("telephone-kind").disabled = Boolean(phone?.session);
  byId("telephone-devices").hidden = state === "desk";
  showCall();
}

/** A status is read out when it changes, not whenever it is drawn. */
function say(element, words) {
  if (element.textContent !== words) element.textContent = words;
}

function showCall() {
  const { rings = false, talks = false, muted = false, held = false } = phone ?? {};
  byId("telephone-call").hidden = !phone?.session;
  byId("telephone-call").className = rings ? "buttons ringing-card" : "buttons";
  byId("telephone-caller").textContent = phone?.session ? phone.caller : "";
  byId("telephone-answer").hidden = !rings;
  for (const id of ["telephone-mute", "telephone-hold", "telephone-keys", "telephone-level"]) {
    byId(id).hidden = !talks;
  }
  byId("telephone-mute").setAttribute("aria-pressed", String(muted));
  byId("telephone-hold").setAttribute("aria-pressed", String(held));
  document.title = rings ? `☎ ${text("ringing")} ${phone.caller}` : TITLE;
  if (rings) startRinging();
  else stopRinging();
  if ((phone?.stream ?? null) === measured) return;
  stopMeter?.();
  measured = phone?.stream ?? null;
  stopMeter = measured && measure(measured, (level) => (byId("telephone-level").value = level));
}

async function listDevices() {
  const choices = [["telephone-microphone", "audioinput", chosenMicrophone()]];
  if (speakersCanBeChosen) choices.push(["telephone-speaker", "audiooutput", chosenSpeaker()]);
  for (const [id, kind, chosen] of choices) {
    const found = await devicesOf(kind);
    const known = found.some((one) => one.id === chosen);
    byId(id).replaceChildren(
      ...(known ? [] : [make("option", { value: "" }, text("telephone_default"))]),
      ...found.map((one) => make("option", { value: one.id }, one.name)),
    );
    byId(id).value = known ? chosen : "";
  }
}

function useSpeaker() {
  if (speakersCanBeChosen) byId("telephone-sound").setSinkId(chosenSpeaker()).catch(() => {});
}

// ---- what the agent does ------------------------------------------------------------------------

const ORDERS = {
  "telephone-answer": () => phone?.answer(),
  "telephone-hangup": () => phone?.hangUp(),
  "telephone-mute": () => phone?.mute(!phone.muted),
  "telephone-hold": () => phone?.hold(!phone.held),
};

for (const [id, order] of Object.entries(ORDERS)) byId(id).addEventListener("click", order);

document.addEventListener("keydown", (event) => {
  if (!phone?.session || event.ctrlKey || event.altKey || event.shiftKey || event.metaKey) return;
  const id = Object.keys(ORDERS).find((one) => byId(one).getAttribute("aria-keyshortcuts") === event.key);
  if (!id) return;
  event.preventDefault();
  if (!event.repeat && !byId(id).hidden) ORDERS[id]();
});

byId("telephone-pad").replaceChildren(
  ...KEYS.map((key) => make("button", { type: "button", onclick: () => phone?.press(key) }, key)),
);

byId("telephone-retry").addEventListener("click", () => start());

byId("telephone-kind").addEventListener("change", async (event) => {
  const telephone = event.target.value;
  try {
    await ask("PUT", path("telephone"), { telephone });
    if (telephone === "browser") return await start();
    giveUp();
    freeTab();
    become("desk");
  } catch (error) {
    show();
    failed(error);
  }
  return null;
});

byId("telephone-devices").addEventListener("toggle", () => listDevices().catch(() => {}));
byId("telephone-microphone").addEventListener("change", (event) => {
  chooseMicrophone(event.target.value);
  phone?.changeMicrophone().catch((error) => become(withoutMicrophone(error)));
});
byId("telephone-speaker").addEventListener("change", (event) => {
  chooseSpeaker(event.target.value);
  useSpeaker();
});
byId("telephone-speaker").closest("label").hidden = !speakersCanBeChosen;

window.addEventListener("beforeunload", (event) => {
  if (phone?.talks) event.preventDefault();
});
window.addEventListener("pagehide", () => phone?.vanish());
