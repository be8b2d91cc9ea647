// What supervisors and administrators keep: one part at a time, in place of the desk.

import { forgetCallers, redrawCallers, showCallers } from "./callerlists.js";
import { forgetConfiguration, redrawConfiguration, showConfiguration } from "./configuration.js";
import { byId } from "./dom.js";
import { whenSessionEnds } from "./editor.js";
import { text } from "./language.js";
import { forgetKnowledge, redrawKnowledge, showKnowledge } from "./knowledge.js";
import { forgetPinned, redrawPinned, showPinned } from "./pinning.js";
import { forgetPrompts, redrawPrompts, showPrompts } from "./prompts.js";
import { forgetSkills, redrawSkills, showSkills } from "./skills.js";

const PARTS = {
  knowledge: { show: showKnowledge, redraw: redrawKnowledge, forget: forgetKnowledge },
  pinned: { show: showPinned, redraw: redrawPinned, forget: forgetPinned },
  callers: { show: showCallers, redraw: redrawCallers, forget: forgetCallers },
  configuration: { show: showConfiguration, redraw: redrawConfiguration, forget: forgetConfiguration },
  skills: { show: showSkills, redraw: redrawSkills, forget: forgetSkills },
  prompts: { show: showPrompts, redraw: redrawPrompts, forget: forgetPrompts },
};

let failed = () => {};
let part = "knowledge";
// whose input the forms hold: a session that has ended does not cost what was typed
let user = null;

/** Offer it to those who may; `onError(error)` shows what goes wrong, null: nothing any more. */
export function openAdministration(who, onError) {
  failed = onError;
  whenSessionEnds(onError);
  if (user?.username !== who.username) forgetAdministration();
  user = who;
  byId("administer").hidden = user.role === "agent";
  showDesk();
}

/** Nothing of what was read or typed is left for the next who logs in. */
export function forgetAdministration() {
  user = null;
  for (const one of Object.values(PARTS)) one.forget();
}

/** Nobody is logged in. */
export function closeAdministration() {
  byId("sure").close();
  byId("administer").hidden = true;
  byId("administration").hidden = true;
}

/** The desk takes the screen: a call rings, or somebody goes back to it. */
export function showDesk() {
  byId("administration").hidden = true;
  byId("desk").hidden = false;
  drawSwitch();
}

/** In the language of now. */
export function redrawAdministration() {
  drawSwitch();
  for (const one of Object.values(PARTS)) one.redraw();
}

/** What is shown is read anew, masked or in full. */
export function refreshAdministration() {
  if (!byId("administration").hidden) PARTS[part].show(failed, user);
}

function drawSwitch() {
  const open = !byId("administration").hidden;
  const button = byId("administer");
  button.textContent = text(open ? "back_to_desk" : "administration");
  button.setAttribute("aria-expanded", String(open));
  for (const tab of byId("administration-parts").children) {
    tab.setAttribute("aria-pressed", String(tab.dataset.part === part));
    byId(`part-${tab.dataset.part}`).hidden = tab.dataset.part !== part;
  }
}

function showPart(name) {
  part = name;
  byId("desk").hidden = true;
  byId("administration").hidden = false;
  drawSwitch();
  failed(null);
  PARTS[part].show(failed, user);
}

byId("administer").addEventListener("click", () => {
  if (byId("administration").hidden) showPart(part);
  else showDesk();
});
for (const tab of byId("administration-parts").children) {
  tab.addEventListener("click", () => showPart(tab.dataset.part));
}
