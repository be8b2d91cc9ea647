// A question before something that cannot be taken back. The page goes on behind it: calls ring.

import { byId } from "./dom.js";

/** Whether the person wants it; `yes` is what the button says. */
export function sure(question, yes) {
  const dialog = byId("sure");
  byId("sure-question").textContent = question;
  byId("sure-yes").textContent = yes;
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
