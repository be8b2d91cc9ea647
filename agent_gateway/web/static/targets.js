// Targets of a transfer in a list, by their kind.

import { make } from "./dom.js";
import { text } from "./language.js";

const KINDS = ["leader", "department", "sub_centre", "expert", "hotline", "utility", "agent", "queue"];

/** The groups of a `select`; those without members are left out. */
export const groupsOf = (targets) =>
  KINDS.map((kind) => [kind, targets.filter((one) => one.kind === kind)])
    .filter(([, members]) => members.length)
    .map(([kind, members]) => make("optgroup", { label: text(`target_${kind}`) }, ...members.map(option)));

function option(one) {
  const closed = one.open ? "" : `（${text("closed")}）`;
  return make("option", { value: one.target, title: one.note }, one.name + closed);
}
