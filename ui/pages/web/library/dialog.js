// Dialogs of the library, in the browser's own: Esc closes, the focus stays in and comes back.

import { h } from "../shared/dom.js";

/** Open a dialog in `root`; `fill(close)` gives what stands in it below its title. */
export function openDialog(root, title, fill, className = "") {
  const dialog = h("dialog", { class: `sheet ${className}`, "aria-label": title, onclose: () => dialog.remove() });
  const close = () => dialog.close();
  dialog.append(h("h2", {}, title), ...[fill(close)].flat(Infinity).filter(Boolean));
  dialog.addEventListener("keydown", event => event.stopPropagation());
  root.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Ask before something is done: resolves to whether it is wanted. */
export function confirm(root, { title, text, yes, no }) {
  return new Promise(resolve => {
    let wanted = false;
    const dialog = openDialog(root, title, close => [h("p", {}, text), h("p", { class: "buttons" },
      h("button", { type: "button", class: "main", onclick: () => { wanted = true; close(); } }, yes),
      h("button", { type: "button", class: "outlined", onclick: close }, no))]);
    dialog.addEventListener("close", () => resolve(wanted));
  });
}

/** Ask for a line of text: resolves to it, or to null. */
export function askFor(root, { title, label, yes, no }) {
  return new Promise(resolve => {
    let told = null;
    const input = h("input", { type: "text", "aria-label": label, placeholder: label, maxlength: "100", autofocus: true });
    const dialog = openDialog(root, title, close => h("form", { onsubmit: event => { event.preventDefault(); told = input.value.trim() || null; close(); } },
      input, h("p", { class: "buttons" }, h("button", { class: "main" }, yes), h("button", { type: "button", class: "outlined", onclick: close }, no))));
    dialog.addEventListener("close", () => resolve(told));
  });
}
