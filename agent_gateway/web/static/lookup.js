// An agent looks something up in the knowledge base, beside the ticket.

import { byId, make } from "./dom.js";
import { text } from "./language.js";
import { ask } from "./service.js";

const PAUSE_MS = 250;
const MOST = 8;

let failed = () => {};
let timer = null;

/** Nothing is looked up yet; `onError` takes what goes wrong. */
export function openLookup(onError) {
  failed = onError;
  clearTimeout(timer);
  byId("look-up").reset();
  byId("look-up-found").replaceChildren();
}

async function look() {
  const words = byId("look-up").elements.q.value.trim();
  if (!words) {
    byId("look-up-found").replaceChildren();
    return;
  }
  try {
    const query = new URLSearchParams({ q: words, limit: MOST });
    const { entries } = await ask("GET", `/api/knowledge?${query}`);
    // meanwhile other words may have been typed
    if (byId("look-up").elements.q.value.trim() !== words) return;
    const found = entries.map((one) => tip(one));
    const none = make("p", { class: "empty" }, text("nothing_found"));
    byId("look-up-found").replaceChildren(...(found.length ? found : [none]));
  } catch (error) {
    failed(error);
  }
}

/** An entry that opens when its title is pressed. */
export const tip = ({ title, text: words }) =>
  make("details", {}, make("summary", {}, title), make("p", { class: "lines" }, words));

byId("look-up").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  look();
});
byId("look-up").addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, PAUSE_MS);
});
