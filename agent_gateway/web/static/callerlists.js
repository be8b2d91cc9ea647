// Callers' lists for those who keep them: who is blocked, put forward, or not rung for the survey.

import { byId, make } from "./dom.js";
import { Editor } from "./editor.js";
import { moment, text } from "./language.js";
import { ask } from "./service.js";
import { sure } from "./sure.js";
import { aware } from "./times.js";

const PAGE = 50;

let failed = () => {};
let callers = [];
let total = 0;
let asked = 0;

const editor = new Editor(byId("callers-form"), save);
const search = byId("callers-search");
const which = () => search.elements.list.value;
const path = () => `/api/callers/${which()}`;

/** Show the part; `onError` takes what goes wrong outside the form. */
export async function showCallers(onError) {
  failed = onError;
  await load();
}

/** In the language of now. */
export function redrawCallers() {
  draw();
  editor.redraw();
}

/** For the next who logs in. */
export function forgetCallers() {
  callers = [];
  total = 0;
  draw();
  editor.fill({});
}

async function load(offset = 0) {
  const { number, state } = Object.fromEntries(new FormData(search));
  const query = new URLSearchParams({ number, state, limit: PAGE, offset });
  const mine = ++asked;
  try {
    const page = await ask("GET", `${path()}?${query}`);
    if (mine !== asked) return;
    callers = offset ? [...callers, ...page.callers] : page.callers;
    total = page.total;
    draw();
  } catch (error) {
    failed(error);
  }
}

function draw() {
  byId("callers-count").textContent = `${total} ${text("count_of")}`;
  byId("callers-more").hidden = callers.length >= total;
  byId("callers-priority").hidden = which() !== "priority";
  byId("callers-which").textContent = `· ${text(`list_${which()}`)}`;
  byId("callers-until").textContent = text(which() === "blocked" ? "until_needed" : "until_optional");
  byId("callers-rows").replaceChildren(...callers.map(row));
}

function stateOf({ until, removed_at: removed }) {
  if (removed) return "removed";
  return until && Date.parse(until) <= Date.now() ? "over" : "in_force";
}

function row(caller) {
  const state = stateOf(caller);
  const label = `${text("take_off")} ${caller.number}`;
  const button =
    state === "in_force"
      ? make("button", { type: "button", onclick: () => takeOff(caller), "aria-label": label }, text("take_off"))
      : null;
  const bonus = caller.list === "priority" ? ` +${caller.priority}` : "";
  return make(
    "tr",
    { "data-caller": String(caller.id) },
    make("th", { scope: "row" }, caller.number + bonus),
    make("td", {}, make("span", { class: `badge ${state === "in_force" ? "ready" : "logged_out"}` }, text(state))),
    make("td", { class: "wrap" }, caller.reason),
    make("td", {}, caller.until ? moment(caller.until) : text("for_good")),
    make("td", {}, `${caller.created_by} ${moment(caller.created_at)}`),
    make("td", {}, button),
  );
}

async function save() {
  const until = editor.value("until");
  const body = { number: editor.value("number"), reason: editor.value("reason") };
  if (until) body.until = aware(until);
  if (which() === "priority") body.priority = Number(editor.value("priority"));
  await ask("POST", path(), body);
  editor.fill({});
  editor.say("listed");
  search.elements.number.value = "";
  await load();
}

async function takeOff(caller) {
  if (!(await sure(text("take_off_sure") + caller.number, text("take_off")))) return;
  try {
    await ask("DELETE", `/api/callers/${caller.list.replace("_", "-")}/${caller.id}`);
    failed(null);
  } catch (error) {
    failed(error);
  }
  await load();
}

search.addEventListener("submit", (event) => event.preventDefault());
search.addEventListener("input", () => load());
byId("callers-more").addEventListener("click", () => load(callers.length));
