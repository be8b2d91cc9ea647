// Emergency lines: one click each, with the place of the ticket, which the agent can correct.

import { byId, make } from "./dom.js";
import { text } from "./language.js";

let drills = false;
let shownFor = null;

/** A button per line; `order(path, body)` sends it. */
export function openEmergency(directory, order) {
  drills = directory.drills;
  byId("emergency-drill").hidden = !drills;
  byId("emergency").replaceChildren(
    ...directory.emergency_lines.map((line) => {
      const button = make("button", { type: "button", class: "danger" }, line);
      button.addEventListener("click", () => {
        const drill = drills && byId("drill").checked;
        order("emergency", { line, drill, location: byId("emergency-place").value });
      });
      return button;
    }),
  );
}

/** Keep the place up to date until somebody has changed it, and say what to read aloud. */
export function showEmergency(call) {
  const place = byId("emergency-place");
  if (shownFor !== call.call_id) {
    shownFor = call.call_id;
    place.dataset.edited = "";
  }
  if (!place.dataset.edited && document.activeElement !== place) place.value = placeOf(call);
  const said = byId("emergency-said");
  const { kind, drill, location, state = "" } = call.transfer ?? {};
  const is = kind === "three_way" && state.startsWith("three_way") && isLine(call.transfer);
  said.hidden = !is;
  said.textContent = is
    ? [
        drill ? text("drill_running") : "",
        `${text("read_aloud")} ${text("caller")} ${call.caller || text("withheld")}`,
        location ? `${text("place")} ${location}` : text("place_unknown"),
      ]
        .filter(Boolean)
        .join(" · ")
    : "";
}

const isLine = ({ name }) =>
  [...byId("emergency").children].some((button) => button.textContent === name);

function placeOf(call) {
  const value = (name) => call.ticket?.fields[name]?.value ?? call.prefill?.[name]?.value ?? "";
  const [district, address] = [value("district"), value("address")].map(String);
  return address.includes(district) ? address : `${district} ${address}`.trim();
}

byId("emergency-place").addEventListener("input", (event) => {
  event.target.dataset.edited = "yes";
});
