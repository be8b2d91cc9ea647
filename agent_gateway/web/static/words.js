// The live transcript: one bubble a turn; what may still change is grey.

import { byId, make } from "./dom.js";
import { minutes, text } from "./language.js";

// what a field of the ticket was taken from: {speaker, turn, start, end}
let pieces = [];
let shown = [];

const NAMES = { caller: "citizen", agent: "agent", third: "third" };

/** Show all turns of a call (null: no call). */
export function showWords(turns) {
  const place = byId("words");
  if (turns !== shown) pieces = [];
  shown = turns;
  if (!turns || !turns.length) {
    place.replaceChildren(make("li", { class: "empty" }, text("no_words")));
    return;
  }
  const atEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 60;
  place.replaceChildren(...turns.map(bubble));
  // whoever scrolled up to read is left there
  if (atEnd) place.scrollTop = place.scrollHeight;
}

/** Mark these words in the transcript, and bring one of them into view. */
export function cite(found, first) {
  pieces = found;
  showWords(shown);
  const at = byId("words").querySelector(`[data-turn="${CSS.escape(`${first.speaker} ${first.turn}`)}"]`);
  at?.scrollIntoView({ block: "nearest" });
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

/** One turn. */
export function bubble(turn) {
  const kind = turn.speaker === "caller" ? "caller" : "agent";
  const name = text(NAMES[turn.speaker] ?? turn.speaker);
  return make(
    "li",
    { class: `turn ${kind}${turn.final ? "" : " partial"}`, "data-turn": `${turn.speaker} ${turn.turn}` },
    make("span", { class: "meta" }, `${name} ${minutes(turn.start_ms / 1000)}`),
    // what was heard, word by word, under the pointer
    make("p", { title: turn.text }, ...(marked(turn) ?? [turn.readable || turn.text])),
  );
}

/** The turn as it was heard, with the cited words marked; null when nothing of it is cited. */
function marked(turn) {
  const here = pieces.filter((one) => one.speaker === turn.speaker && one.turn === turn.turn);
  if (!turn.final || !here.length) return null;
  // the service counts characters, not UTF-16 units
  const characters = [...turn.text];
  const parts = [];
  let at = 0;
  for (const { start, end } of here.toSorted((one, other) => one.start - other.start)) {
    if (end <= at) continue;
    parts.push(characters.slice(at, start).join(""));
    parts.push(make("mark", {}, characters.slice(Math.max(at, start), end).join("")));
    at = end;
  }
  return [...parts, characters.slice(at).join("")];
}
