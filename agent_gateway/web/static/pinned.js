// Topics of the day, one click each; leaders on duty are among the targets.

import { byId, make } from "./dom.js";
import { clock, text } from "./language.js";

let pinned = [];

/** What is on the desks now. */
export function takePinned(list) {
  pinned = list;
}

/** Leaders on duty as targets for the list. */
export const leaders = () =>
  pinned
    .filter((one) => one.kind === "leader")
    .map((one) => ({ target: one.target, name: one.title, kind: "leader", note: one.note, open: true, aliases: [] }));

/** Show a button per topic; those of which the caller speaks stand out. */
export function showTopics(call, allowed, begin) {
  const words = call ? call.turns.map((turn) => turn.text).join(" ") : "";
  byId("topics").replaceChildren(
    ...pinned
      .filter((one) => one.kind === "topic")
      .map((one) => {
        const spoken = one.keywords.some((word) => words.includes(word));
        const about = [text(`kind_${one.transfer}`), one.note, `${text("until")} ${clock(one.ends_at)}`];
        return make(
          "button",
          {
            type: "button",
            class: spoken ? "topic spoken" : "topic",
            disabled: !allowed,
            title: about.filter(Boolean).join(" · "),
            onclick: () => begin(one.transfer, one.target),
          },
          one.title,
          one.note ? make("small", {}, one.note) : null,
        );
      }),
  );
}
