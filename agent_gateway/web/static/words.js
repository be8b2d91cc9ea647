// The live transcript: one bubble a turn; what may still change is grey.

import { byId, make } from "./dom.js";
import { minutes, text } from "./language.js";

const NAMES = { caller: "citizen", agent: "agent", third: "third" };

/** Show all turns of a call (null: no call). */
export function showWords(turns) {
  const place = byId("words");
  if (!turns || !turns.length) {
    place.replaceChildren(make("li", { class: "empty" }, text("no_words")));
    return;
  }
  const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 60;
  place.replaceChildren(...turns.map(bubble));
  // whoever scrolled up to read is left there
  if (atEnd) place.scrollTop = place.scrollHeight;
}

/** Say that words come late: speaker -> milliseconds (0: not late). */
export function showDelay(delays) {
  const worst = Math.max(0, ...Object.values(delays ?? {}));
  const place = byId("delay");
  place.hidden = worst === 0;
  place.textContent = worst === 0 ? "" : `${text("delayed")} ${Math.ceil(worst / 1000)} ${text("seconds")}`;
}

/** Put a turn into the list, replacing an earlier form of it; a final is never replaced. */
export function addTurn(turns, turn) {
  const at = turns.findIndex((one) => one.speaker === turn.speaker && one.turn === turn.turn);
  if (at < 0) turns.push(turn);
  else if (turn.final || !turns[at].final) turns[at] = turn;
}

function bubble(turn) {
  const kind = turn.speaker === "caller" ? "caller" : "agent";
  const name = text(NAMES[turn.speaker] ?? turn.speaker);
  return make(
    "li",
    { class: `turn ${kind}${turn.final ? "" : " partial"}` },
    make("span", { class: "meta" }, `${name} ${minutes(turn.start_ms / 1000)}`),
    // what was heard, word by word, under the pointer
    make("p", { title: turn.text }, turn.readable || turn.text),
  );
}
