// The knowledge base for those who keep it: find, add, change, retire.

import { byId, make } from "./dom.js";
import { Editor } from "./editor.js";
import { inBoth, moment, text } from "./language.js";
import { nameOf, namesOf } from "./names.js";
import { ServiceError, ask } from "./service.js";
import { sure } from "./sure.js";

const PATH = "/api/knowledge";
const PAGE = 50;

let failed = () => {};
let entries = [];
let total = 0;
// what is being changed, as it was read; null: a new one
let edited = null;
// how it is now, when somebody else was faster
let theirs = null;
let asked = 0;

const editor = new Editor(byId("knowledge-form"), save);

/** Show the part; `onError` takes what goes wrong outside the form. */
export async function showKnowledge(onError) {
  failed = onError;
  fillCategories();
  await load();
}

/** In the language of now. */
export function redrawKnowledge() {
  fillCategories();
  draw();
  drawForm();
  editor.redraw();
}

/** For the next who logs in. */
export function forgetKnowledge() {
  entries = [];
  total = 0;
  draw();
  begin(null);
}

async function load(offset = 0) {
  const { q, state } = Object.fromEntries(new FormData(byId("knowledge-search")));
  const query = new URLSearchParams({ q, all: state === "all", limit: PAGE, offset });
  // an answer that comes late must not replace a newer one
  const mine = ++asked;
  try {
    const page = await ask("GET", `${PATH}?${query}`);
    if (mine !== asked) return;
    entries = offset ? [...entries, ...page.entries] : page.entries;
    total = page.total;
    draw();
  } catch (error) {
    failed(error);
  }
}

function draw() {
  byId("knowledge-count").textContent = `${total} ${text("count_of")}`;
  byId("knowledge-more").hidden = entries.length >= total;
  byId("knowledge-rows").replaceChildren(...entries.map(row));
}

function row(entry) {
  const button = (name, onclick, kind) =>
    make("button", { type: "button", class: kind, onclick, "aria-label": `${text(name)} ${entry.title}` }, text(name));
  const away = entry.state === "retired" ? button("remove", () => remove(entry), "danger") : button("retire", () => retire(entry));
  return make(
    "tr",
    { "data-entry": String(entry.id) },
    make("th", { scope: "row", class: "wrap" }, entry.title, make("small", {}, entry.keywords.join("、"))),
    make("td", {}, make("span", { class: `badge ${BADGES[entry.state]}` }, text(entry.state))),
    make("td", {}, entry.category ? nameOf("categories", entry.category) : text("any_category")),
    make("td", {}, span(entry)),
    make("td", {}, `${entry.updated_by} ${moment(entry.updated_at)}`),
    make("td", {}, make("div", { class: "buttons" }, button("edit", () => edit(entry)), away)),
  );
}

const BADGES = { in_force: "ready", upcoming: "warn", retired: "logged_out" };

function span({ valid_from: from, valid_until: until }) {
  if (!from && !until) return text("always");
  return [from && `${text("from_when")} ${from}`, until && `${text("until")} ${until}`].filter(Boolean).join(" ");
}

function fillCategories() {
  const list = byId("knowledge-form").elements.namedItem("category");
  const chosen = list.value;
  const option = ([key, name]) => make("option", { value: key }, name);
  list.replaceChildren(option(["", text("any_category")]), ...namesOf("categories").map(option));
  choose(list, chosen);
}

/** A category that the taxonomy does not have any more stays what it is. */
function choose(list, key) {
  if (key && ![...list.options].some((one) => one.value === key)) list.append(make("option", { value: key }, key));
  list.value = key;
}

// ---- the form -----------------------------------------------------------------------------------

function begin(entry) {
  edited = entry;
  theirs = null;
  choose(byId("knowledge-form").elements.namedItem("category"), entry?.category ?? "");
  editor.fill(
    entry
      ? {
          title: entry.title,
          text: entry.text,
          keywords: entry.keywords.join("，"),
          category: entry.category,
          valid_from: entry.valid_from,
          valid_until: entry.valid_until,
        }
      : {},
  );
  drawForm();
}

function drawForm() {
  byId("knowledge-form-title").textContent = text(edited ? "knowledge_edit" : "knowledge_new");
  const place = byId("knowledge-theirs");
  place.hidden = !theirs;
  place.replaceChildren(
    ...(theirs
      ? [
          make("h3", {}, `${text("now_is")} · ${theirs.updated_by} ${moment(theirs.updated_at)}`),
          make("p", {}, make("strong", {}, theirs.title)),
          make("p", { class: "lines" }, theirs.text),
          make("p", { class: "empty" }, [theirs.keywords.join("、"), span(theirs)].filter(Boolean).join(" · ")),
          make(
            "div",
            { class: "buttons" },
            make("button", { type: "button", onclick: () => begin(theirs) }, text("take_theirs")),
            make("button", { type: "button", onclick: saveMine }, text("save_mine")),
          ),
        ]
      : []),
  );
}

async function edit(entry) {
  if (!(await editor.mayLeave())) return;
  begin(entry);
  byId("knowledge-form").elements.namedItem("title").focus();
}

function content() {
  return {
    title: editor.value("title"),
    text: editor.value("text"),
    keywords: editor.value("keywords").split(/[\s,，、;；]+/).filter(Boolean),
    category: editor.value("category"),
    valid_from: editor.value("valid_from") || null,
    valid_until: editor.value("valid_until") || null,
  };
}

async function save() {
  try {
    if (edited) await ask("PUT", `${PATH}/${edited.id}`, { ...content(), read: edited.updated_at });
    else await ask("POST", PATH, content());
  } catch (error) {
    if (edited && error instanceof ServiceError) await lookAgain(error);
    throw error;
  }
  begin(null);
  editor.say("saved");
  await load();
}

/** Somebody else has changed or deleted it: what was typed stays, and what is there now is shown. */
async function lookAgain(error) {
  if (error.code === "changed_meanwhile") {
    theirs = await ask("GET", `${PATH}/${edited.id}`);
  } else if (error.status === 404) {
    edited = null;
    theirs = null;
    Object.assign(error, inBoth("gone_meanwhile"));
  }
  drawForm();
  load();
}

function saveMine() {
  edited = theirs;
  theirs = null;
  drawForm();
  byId("knowledge-form").requestSubmit();
}

// ---- away ---------------------------------------------------------------------------------------

async function retire(entry) {
  if (!(await sure(text("retire_sure") + entry.title, text("retire")))) return;
  await away(entry, () => ask("POST", `${PATH}/${entry.id}/retire`, { read: entry.updated_at }));
}

async function remove(entry) {
  if (!(await sure(text("remove_sure") + entry.title, text("remove")))) return;
  await away(entry, () => ask("DELETE", `${PATH}/${entry.id}?${new URLSearchParams({ read: entry.updated_at })}`));
}

async function away(entry, order) {
  try {
    await order();
    failed(null);
    // what is typed about it stays: saving it tells that it has changed
    if (edited?.id === entry.id && !editor.dirty) begin(null);
  } catch (error) {
    failed(error);
  }
  await load();
}

byId("knowledge-search").addEventListener("submit", (event) => event.preventDefault());
byId("knowledge-search").addEventListener("input", () => load());
byId("knowledge-more").addEventListener("click", () => load(entries.length));
byId("knowledge-new").addEventListener("click", () => edit(null));
