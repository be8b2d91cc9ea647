// The data files: number plan, menus, directory, calendar. Changed as they are written, with a reason,
// checked by the service before anything of them counts; every version can be had back.

import { byId, make } from "./dom.js";
import { Editor } from "./editor.js";
import { moment, text } from "./language.js";
import { nameOf } from "./names.js";
import { ServiceError, ask } from "./service.js";
import { sure } from "./sure.js";

const PATH = "/api/configuration";
const LOOK_MS = 1000;

let failed = () => {};
let writes = false;
let file = "number_plan";
// {content, sha256} as it was read; null: the package's own file is in use
let read = null;
// how it is now, when somebody else was faster
let theirs = null;
let versions = [];
// what callers would hear, and where its sound is
let hearing = null;

const form = byId("configuration-form");
const editor = new Editor(form, save);

/** Show the part to `user`; `onError` takes what goes wrong outside the form. */
export async function showConfiguration(onError, user) {
  failed = onError;
  writes = user.role === "admin";
  if (!editor.dirty) await load();
  else await loadVersions();
}

/** In the language of now. */
export function redrawConfiguration() {
  draw();
  drawTheirs();
  drawPreview();
  editor.redraw();
}

/** For the next who logs in. */
export function forgetConfiguration() {
  versions = [];
  begin(null);
  byId("preview").reset();
  hearing = null;
  drawPreview();
}

async function load() {
  try {
    begin(await ask("GET", `${PATH}/${file}`));
    failed(null);
  } catch (error) {
    begin(null);
    failed(error);
  }
  await loadVersions();
}

async function loadVersions() {
  try {
    versions = (await ask("GET", `${PATH}/${file}/versions`)).versions.toReversed();
  } catch (error) {
    failed(error);
  }
  draw();
}

function begin(content) {
  read = content;
  theirs = null;
  editor.fill({ content: content?.content ?? "" });
  drawTheirs();
  draw();
}

function draw() {
  form.elements.content.readOnly = !writes || !read;
  byId("configuration-change").hidden = !writes || !read;
  byId("configuration-versions").replaceChildren(...versions.map(row));
}

function row(change, at) {
  const label = (name) => `${text(name)} ${change.version}`;
  const button = (name, onclick) =>
    make("button", { type: "button", onclick, "aria-label": label(name) }, text(name));
  const back = writes && at > 0 && change.version !== versions[0].version;
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, String(change.version)),
    make("td", { class: "wrap" }, moment(change.at), make("small", {}, [change.who, text(`action_${change.action}`)].join(" "))),
    make("td", { class: "wrap" }, change.why),
    make(
      "td",
      {},
      make(
        "div",
        { class: "buttons" },
        button("version_look", () => look(change)),
        back ? button("version_back", () => rollBack(change)) : null,
      ),
    ),
  );
}

/** An earlier version comes into the field, to be read or to be changed and saved. */
async function look({ version }) {
  if (!(await editor.mayLeave())) return;
  try {
    const { content } = await ask("GET", `${PATH}/${file}/versions/${version}`);
    // to be read only, or to be changed and saved
    if (!writes) editor.fill({ content });
    form.elements.content.value = content;
    editor.show(null);
    editor.say("");
    form.elements.content.focus();
  } catch (error) {
    failed(error);
  }
}

async function rollBack({ version }) {
  if (!(await editor.mayLeave())) return;
  if (!(await sure(`${text("version_sure")} ${version}`, text("version_back")))) return;
  try {
    await ask("POST", `${PATH}/${file}/rollback`, { version, read: read.sha256 });
    await load();
    editor.say("in_use");
  } catch (error) {
    // what somebody else has put there meanwhile comes into sight
    if (error.code === "changed_meanwhile") await load();
    failed(error);
  }
}

async function save() {
  const body = { content: form.elements.content.value, why: editor.value("why"), read: read.sha256 };
  const watching = setInterval(progress, LOOK_MS);
  try {
    await ask("PUT", `${PATH}/${file}`, body);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    // the service goes on with it, and so does the waiting for it
    if (error.code === "timeout") await settled();
    else {
      await understand(error);
      throw error;
    }
  } finally {
    clearInterval(watching);
  }
  await load();
  editor.say("in_use");
}

/** Prompts of a change may take minutes to be spoken. */
async function progress() {
  const { speaking } = await ask("GET", PATH).catch(() => ({}));
  if (speaking) editor.state.textContent = `${text("speaking")} ${speaking.done}/${speaking.total}`;
}

async function settled() {
  for (;;) {
    const { speaking, fault, fault_zh } = await ask("GET", PATH);
    if (!speaking && fault) throw new ServiceError(422, { message: fault_zh, message_en: fault });
    if (!speaking) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

async function understand(error) {
  if (error.code === "invalid_configuration") {
    const at = (field, problem) => [field, problem].filter(Boolean).join(": ");
    error.details = error.details.map(({ field, problem, problem_zh }) => ({
      field: "content",
      problem: at(field, problem),
      problem_zh: at(field, problem_zh),
    }));
  }
  if (error.code !== "changed_meanwhile") return;
  theirs = await ask("GET", `${PATH}/${file}`);
  drawTheirs();
  await loadVersions();
}

function drawTheirs() {
  const place = byId("configuration-theirs");
  place.hidden = !theirs;
  place.replaceChildren(
    ...(theirs
      ? [
          make("h3", {}, text("now_is")),
          make("textarea", { class: "code", rows: "12", readOnly: true, "aria-label": text("now_is") }, theirs.content),
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

function saveMine() {
  read = theirs;
  theirs = null;
  drawTheirs();
  form.requestSubmit();
}

byId("configuration-file").addEventListener("change", async (event) => {
  const wanted = event.target.value;
  event.target.value = file;
  if (!(await editor.mayLeave())) return;
  file = event.target.value = wanted;
  await load();
});

// ---- what callers would hear --------------------------------------------------------------------

byId("preview").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { number, at } = Object.fromEntries(new FormData(event.target));
  const path = `/api/numbers/${encodeURIComponent(number.trim())}/preview`;
  const query = at ? `?at=${encodeURIComponent(at)}` : "";
  try {
    hearing = { seen: await ask("GET", path + query), sound: `${path}/audio${query}` };
    drawPreview();
    failed(null);
  } catch (error) {
    failed(error);
  }
});

function drawPreview() {
  byId("preview-steps").replaceChildren(...(hearing ? preview(hearing) : []));
}

const preview = ({ seen, sound }) => [
  make("p", {}, `${seen.line} ${seen.name}`, seen.known ? "" : ` · ${text("preview_unknown")}`),
  make("ol", {}, ...seen.steps.map(step)),
  make("audio", { controls: true, preload: "none", src: sound }),
];

function step({ kind, text: words, detail }) {
  const told = words || (kind === "queue" ? nameOf("queues", detail) : detail);
  return make("li", {}, [text(`preview_${kind}`), told].filter(Boolean).join("："));
}
