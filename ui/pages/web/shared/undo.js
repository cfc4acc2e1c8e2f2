// One bar at the foot of the page: what was done, and Undo, for ten seconds.

import { h } from "./dom.js";
import { giveFocusBack, placeOfFocus } from "./focus.js";

const STAYS_MS = 10000;
const ID = "reelwise-undo";

/** Say what was done. `undo` is called at most once. The bar is the page's, not the component's:
 * the focus goes from it back to where it was. */
export function offerUndo(text, undoWord, undo) {
  const place = placeOfFocus();
  document.getElementById(ID)?.remove();
  const bar = h("div", { id: ID, role: "status" }, h("span", {}, text));
  const timer = setTimeout(() => away(), STAYS_MS);
  const away = () => {
    clearTimeout(timer);
    const isHere = bar.contains(document.activeElement);
    bar.remove();
    if (isHere) giveFocusBack(place);
  };
  const press = async () => {
    away();
    try {
      await undo();
    } finally {
      giveFocusBack(place);
    }
  };
  if (undo) bar.append(h("button", { type: "button", onclick: press }, undoWord));
  document.body.append(bar);
  return away;
}

/** Take the bar away: what it offers to take back was taken back otherwise. */
export function withdrawUndo() {
  document.getElementById(ID)?.remove();
}
