// What stands beside the ticket: probable duplicates, what to tell the caller, where it belongs.

import { byId, make } from "./dom.js";
import { clock, text } from "./language.js";
import { tip } from "./lookup.js";

let shown = "";

/** Show the advice of the call (null: none). */
export function showAdvice(advice) {
  const key = JSON.stringify([advice, document.documentElement.lang]);
  // what has not changed stays as it is: somebody may be reading out an entry
  if (key === shown) return;
  shown = key;
  const place = byId("advice");
  const parts = advice
    ? [department(advice.department), ...duplicates(advice), ...knowledge(advice)].filter(Boolean)
    : [];
  byId("advice-part").hidden = !parts.length;
  place.replaceChildren(...parts);
}

function department(suggested) {
  if (!suggested) return null;
  const words = suggested.words.map((one) => `“${one}”`).join(" ");
  const why = [suggested.category_name, words].filter(Boolean).join(" ← ");
  return make("p", {}, `${text("suggested_department")} ${suggested.name} (${why})`);
}

function duplicates({ duplicates: tickets }) {
  if (!tickets.length) return [];
  const lines = tickets.map((one) =>
    make(
      "li",
      {},
      [
        one.number,
        clock(one.created_at),
        one.address || one.target,
        one.reasons.map((reason) => text(`like_${reason}`)).join("、"),
      ]
        .filter(Boolean)
        .join(" · "),
    ),
  );
  return [
    make("p", { class: "warn" }, text("probable_duplicates")),
    make("ul", { class: "plain" }, ...lines),
  ];
}

function knowledge({ knowledge: tips }) {
  return tips.map(tip);
}
