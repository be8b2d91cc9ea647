// What callers hear: listen, bring a recording, take it back.

import { byId, make } from "./dom.js";
import { Editor } from "./editor.js";
import { moment, text } from "./language.js";
import { ask } from "./service.js";
import { sure } from "./sure.js";

const PATH = "/api/prompts";

let failed = () => {};
let writes = false;
let prompts = [];
// {key, lang} of the prompt whose recordings are shown
let chosen = null;
let versions = [];

const form = byId("prompt-form");
const editor = new Editor(form, bring);

/** Show the part to `user`; `onError` takes what goes wrong outside the form. */
export async function showPrompts(onError, user) {
  failed = onError;
  writes = user.role === "admin";
  await load();
}

/** In the language of now. */
export function redrawPrompts() {
  draw();
  drawChosen();
  editor.redraw();
}

/** For the next who logs in. */
export function forgetPrompts() {
  prompts = [];
  versions = [];
  chosen = null;
  editor.fill({});
  draw();
  drawChosen();
}

async function load() {
  try {
    ({ prompts } = await ask("GET", PATH));
    draw();
  } catch (error) {
    failed(error);
  }
}

function draw() {
  const words = byId("prompts-search").elements.q.value.trim().toLowerCase();
  const fits = (one) => [one.key, one.zh, one.en].some((known) => known.toLowerCase().includes(words));
  byId("prompt-rows").replaceChildren(...prompts.filter(fits).map(row));
}

function row(prompt) {
  return make(
    "tr",
    { "data-prompt": prompt.key },
    make("th", { scope: "row", class: "wrap" }, prompt.zh || prompt.en, make("small", {}, prompt.key)),
    ...["zh", "en"].map((lang) => make("td", {}, ...said(prompt, lang))),
  );
}

function said(prompt, lang) {
  if (!prompt[lang]) return [];
  const voice = prompt[`${lang}_voice`];
  const name = `${text(`lang_${lang}`)} ${prompt.key}`;
  const button = (label, onclick, sign) => make("button", { type: "button", onclick, "aria-label": `${label} ${name}` }, sign);
  return [
    make("small", {}, text(voice === "studio" ? "voice_studio" : voice ? "voice_speech" : "voice_none")),
    make(
      "div",
      { class: "buttons" },
      voice ? button(text("play"), () => play(prompt, lang), "▶") : null,
      button(text("recordings"), () => choose(prompt, lang), text("recordings")),
    ),
  ];
}

function play({ key }, lang) {
  const audio = byId("prompt-sound");
  audio.hidden = false;
  // a recording that was just brought is not the one of before
  audio.src = `${PATH}/${lang}/${encodeURIComponent(key)}/audio?${Date.now()}`;
  audio.play().catch(() => {});
}

async function choose({ key }, lang) {
  if (!(await editor.mayLeave())) return;
  chosen = { key, lang };
  versions = [];
  editor.fill({});
  drawChosen();
  await loadVersions();
  byId("prompt-title").focus();
}

const pathOf = ({ key, lang }) => `${PATH}/${lang}/${encodeURIComponent(key)}`;

async function loadVersions() {
  try {
    versions = (await ask("GET", `${pathOf(chosen)}/versions`)).versions.toReversed();
    drawChosen();
  } catch (error) {
    failed(error);
  }
}

function drawChosen() {
  byId("prompt-part").hidden = !chosen;
  form.hidden = !writes;
  byId("prompt-title").textContent = chosen ? `${chosen.key} · ${text(`lang_${chosen.lang}`)}` : "";
  byId("prompt-versions").replaceChildren(...versions.map(version));
  byId("prompt-voice").hidden = !writes || !versions.length || versions[0].version === 0;
}

function version(change, at) {
  const usable = writes && at > 0 && change.version !== versions[0].version;
  const label = `${text("version_back")} ${change.version}`;
  return make(
    "tr",
    {},
    make("th", { scope: "row" }, change.version ? String(change.version) : text("voice_speech")),
    make("td", { class: "wrap" }, moment(change.at), make("small", {}, `${change.who} ${change.original}`)),
    make("td", {}, change.seconds ? `${change.seconds.toFixed(1)} ${text("seconds")}` : ""),
    make(
      "td",
      {},
      usable
        ? make("button", { type: "button", onclick: () => rollBack(change.version), "aria-label": label }, text("version_back"))
        : null,
    ),
  );
}

async function bring() {
  await ask("POST", pathOf(chosen), new FormData(form));
  editor.fill({});
  editor.say("in_use");
  await Promise.all([load(), loadVersions()]);
}

async function rollBack(number) {
  const what = number ? `${text("version_sure")} ${number}` : text("voice_sure");
  if (!(await sure(what, text("version_back")))) return;
  try {
    await ask("POST", `${pathOf(chosen)}/rollback`, { version: number });
    failed(null);
  } catch (error) {
    failed(error);
  }
  await Promise.all([load(), loadVersions()]);
}

byId("prompts-search").addEventListener("submit", (event) => event.preventDefault());
byId("prompts-search").addEventListener("input", draw);
byId("prompt-voice").addEventListener("click", () => rollBack(0));
