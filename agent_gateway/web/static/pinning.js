// Targets of one click for those who put them on all desks: publish, see, withdraw.

import { byId, make } from "./dom.js";
import { Editor } from "./editor.js";
import { moment, text } from "./language.js";
import { ask } from "./service.js";
import { sure } from "./sure.js";
import { groupsOf } from "./targets.js";
import { aware, local } from "./times.js";

const PATH = "/api/pinned-targets";
const PAGE = 50;

let failed = () => {};
let records = [];
let total = 0;
let targets = [];

const editor = new Editor(byId("pinned-form"), save);

/** Show the part; `onError` takes what goes wrong outside the form. */
export async function showPinned(onError) {
  failed = onError;
  await Promise.all([loadTargets(), load()]);
  if (!editor.dirty) begin();
}

/** In the language of now. */
export function redrawPinned() {
  drawTargets();
  draw();
  editor.redraw();
}

/** For the next who logs in. */
export function forgetPinned() {
  records = [];
  total = 0;
  draw();
  begin();
}

async function loadTargets() {
  try {
    const { departments, contacts, agents, queues } = await ask("GET", "/api/directory");
    targets = [...departments, ...contacts, ...agents, ...queues];
    drawTargets();
  } catch (error) {
    failed(error);
  }
}

function drawTargets() {
  const list = byId("pinned-form").elements.namedItem("target");
  const chosen = list.value;
  list.replaceChildren(make("option", { value: "" }, text("other_number")), ...groupsOf(targets));
  list.value = chosen;
}

async function load(offset = 0) {
  try {
    const page = await ask("GET", `${PATH}/all?limit=${PAGE}&offset=${offset}`);
    records = offset ? [...records, ...page.pinned] : page.pinned;
    total = page.total;
    draw();
  } catch (error) {
    failed(error);
  }
}

function draw() {
  byId("pinned-more").hidden = records.length >= total;
  byId("pinned-rows").replaceChildren(...records.map(row));
}

function stateOf({ pinned, withdrawn_at: withdrawn }) {
  if (withdrawn) return "withdrawn";
  const now = Date.now();
  if (Date.parse(pinned.ends_at) <= now) return "over";
  return Date.parse(pinned.starts_at) > now ? "upcoming" : "in_force";
}

const BADGES = { in_force: "ready", upcoming: "warn", over: "logged_out", withdrawn: "logged_out" };

function row(record) {
  const { pinned } = record;
  const state = stateOf(record);
  const orders = make("div", { class: "buttons" });
  if (state === "in_force" || state === "upcoming") {
    const label = `${text("withdraw")} ${pinned.title}`;
    orders.append(
      make("button", { type: "button", onclick: () => withdraw(pinned), "aria-label": label }, text("withdraw")),
    );
  }
  return make(
    "tr",
    { "data-pinned": String(pinned.id) },
    make("th", { scope: "row", class: "wrap" }, pinned.title, make("small", {}, pinned.note)),
    make("td", {}, text(`pinned_${pinned.kind}`)),
    make("td", {}, make("span", { class: `badge ${BADGES[state]}` }, text(state))),
    make("td", {}, targets.find((one) => one.target === record.dials)?.name ?? record.dials.replace("number:", "")),
    make("td", { class: "wrap" }, `${moment(pinned.starts_at)} – ${moment(pinned.ends_at)}`),
    make("td", {}, String(record.uses)),
    make("td", {}, record.created_by),
    make("td", {}, orders),
  );
}

const LASTS_MS = 8 * 3600_000;

/** A fresh form: from now on, for a working day. */
function begin() {
  const now = Date.now();
  editor.fill({ starts_at: local(now), ends_at: local(now + LASTS_MS) });
}

async function save() {
  await ask("POST", PATH, {
    kind: editor.value("kind"),
    title: editor.value("title"),
    note: editor.value("note"),
    keywords: editor.value("keywords").split(/[\s,，、;；]+/).filter(Boolean),
    target: editor.value("target") || `number:${editor.value("number").replace(/[\s-]/g, "")}`,
    transfer: editor.value("transfer"),
    starts_at: aware(editor.value("starts_at")),
    ends_at: aware(editor.value("ends_at")),
  });
  begin();
  editor.say("published");
  await load();
}

async function withdraw(pinned) {
  if (!(await sure(text("withdraw_sure") + pinned.title, text("withdraw")))) return;
  try {
    await ask("POST", `${PATH}/${pinned.id}/withdraw`);
    failed(null);
  } catch (error) {
    failed(error);
  }
  await load();
}

byId("pinned-more").addEventListener("click", () => load(records.length));
