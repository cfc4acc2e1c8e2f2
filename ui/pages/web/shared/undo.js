// One bar at the foot of the page: what was done, and Undo, for ten seconds.

import { h } from "./dom.js";

const STAYS_MS = 10000;
const ID = "reelwise-undo";

/** Say what was done. `undo` is called at most once. The bar is the page's, not the component's. */
export function offerUndo(text, undoWord, undo) {
  document.getElementById(ID)?.remove();
  const bar = h("div", { id: ID, role: "status" }, h("span", {}, text));
  const timer = setTimeout(() => bar.remove(), STAYS_MS);
  const away = () => {
    clearTimeout(timer);
    bar.remove();
  };
  if (undo) bar.append(h("button", { type: "button", onclick: () => { away(); undo(); } }, undoWord));
  document.body.append(bar);
  return away;
}
