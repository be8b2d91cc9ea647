// What keys are called by people; the service knows.

import { ask } from "./service.js";

let known = { categories: {}, departments: {}, lines: {}, queues: {}, reject_reasons: {} };

/** Ask the service for the names; without them the keys are shown. */
export async function learnNames() {
  known = await ask("GET", "/api/names");
}

/** The name of a key among `categories`, `departments`, `lines`, `queues` or `reject_reasons`; else the key. */
export const nameOf = (group, key) => known[group][key] ?? key;

/** All names of a group as [key, name]. */
export const namesOf = (group) => Object.entries(known[group]);
