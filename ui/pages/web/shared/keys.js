// The list of keys, in a dialog of the browser's own.

import { h } from "./dom.js";

const KEYS = [["/", "keys.field"], ["← → ↑ ↓", "keys.grid"], ["Enter", "keys.open"], ["s", "keys.similar"], [".", "keys.menu"],
  ["Space, k", "keys.play"], ["j, l", "keys.jump"], ["Shift ← →", "keys.moment"], [", <", "keys.frame"], ["i, o", "keys.handles"],
  ["f", "keys.full"], ["m", "keys.mute"], ["t", "keys.lines"], ["n", "keys.next"], ["0-9", "keys.tenths"], ["x", "keys.select"], ["Esc", "keys.close"]];

/** Show which keys there are. */
export function openKeys(say) {
  const close = h("button", { type: "button", autofocus: true, onclick: () => dialog.close() }, say("keys.done"));
  const dialog = h("dialog", { class: "rw-keys", "aria-label": say("keys.title"), onclose: () => dialog.remove() },
    h("h2", {}, say("keys.title")),
    h("dl", {}, KEYS.flatMap(([key, what]) => [h("dt", {}, key), h("dd", {}, say(what))])), close);
  document.body.append(dialog);
  dialog.showModal();
}
