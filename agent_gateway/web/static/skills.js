// Which queues an agent serves, and how well.

import { byId, make } from "./dom.js";
import { Editor } from "./editor.js";
import { text } from "./language.js";
import { nameOf, namesOf } from "./names.js";
import { ServiceError, ask } from "./service.js";

// 1 is rung before 2
const LEVELS = [1, 2, 3, 4, 5, 6, 7, 8, 9];

let failed = () => {};
let agents = [];
let chosen = null;

const editor = new Editor(byId("skills-form"), save);

/** Show the part; `onError` takes what goes wrong outside the form. */
export async function showSkills(onError) {
  failed = onError;
  await load();
}

/** In the language of now. */
export function redrawSkills() {
  draw();
  // what was chosen stays
  for (const option of byId("skills-queues").querySelectorAll("option[value='']")) option.textContent = text("not_served");
  editor.redraw();
}

/** For the next who logs in. */
export function forgetSkills() {
  agents = [];
  draw();
  begin(null);
}

async function load() {
  try {
    ({ agents } = await ask("GET", "/api/agents"));
    draw();
  } catch (error) {
    failed(error);
  }
}

function draw() {
  byId("skills-rows").replaceChildren(...agents.map(row));
}

function row(agent) {
  const served = Object.entries(agent.skills).map(([queue, level]) => `${nameOf("queues", queue)} ${level}`);
  const label = `${text("edit")} ${agent.extension}`;
  return make(
    "tr",
    { "data-skills": agent.extension },
    make("th", { scope: "row" }, `${agent.extension} ${agent.display_name}`),
    make("td", { class: "wrap" }, served.join("、") || text("common_calls")),
    make("td", {}, make("button", { type: "button", onclick: () => edit(agent), "aria-label": label }, text("edit"))),
  );
}

function begin(agent) {
  chosen = agent;
  byId("skills-part").hidden = !agent;
  byId("skills-title").textContent = agent ? `${agent.extension} ${agent.display_name}` : "";
  byId("skills-queues").replaceChildren(...(agent ? namesOf("queues").map(field) : []));
  editor.fill(agent ? Object.fromEntries(namesOf("queues").map(([queue]) => [queue, agent.skills[queue]])) : {});
}

function field([queue, name]) {
  const option = (level) => make("option", { value: String(level) }, String(level));
  const none = make("option", { value: "" }, text("not_served"));
  return make("label", {}, make("span", {}, name), make("select", { name: queue }, none, ...LEVELS.map(option)));
}

async function edit(agent) {
  if (!(await editor.mayLeave())) return;
  begin(agent);
  byId("skills-title").focus();
}

async function save() {
  const skills = Object.fromEntries(
    [...new FormData(byId("skills-form"))].filter(([, level]) => level).map(([queue, level]) => [queue, Number(level)]),
  );
  const { extension } = chosen;
  try {
    await put(extension, skills);
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== "changed_meanwhile") throw error;
    await load();
    const now = agents.find((one) => one.extension === extension);
    if (now) chosen = now;
    throw error;
  }
  await load();
  begin(agents.find((one) => one.extension === extension) ?? null);
  editor.say("saved");
}

const put = (extension, skills) =>
  ask("PUT", `/api/agents/${encodeURIComponent(extension)}/skills`, { skills, read: chosen.skills });
