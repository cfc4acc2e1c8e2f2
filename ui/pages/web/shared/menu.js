// A menu under a button: opened by click, Enter or arrow down; closed by Esc, a choice or a click elsewhere.

import { h } from "./dom.js";

const EDGE_PX = 8;
const FOOT_PX = 56; // the pages stand at the foot of a phone, over everything
const isPhone = matchMedia("(max-width: 767px)");

/** Move a menu that would reach over an edge of the window into it; above its button where below is no room. */
function keepInside(menu) {
  const { clientWidth, clientHeight } = document.documentElement;
  const box = menu.getBoundingClientRect();
  const sideways = Math.max(EDGE_PX - box.left, 0) || Math.min(clientWidth - EDGE_PX - box.right, 0);
  if (sideways) menu.style.translate = `${sideways}px`;
  const isTooLow = box.bottom > clientHeight - (isPhone.matches ? FOOT_PX : 0);
  const room = menu.parentElement.getBoundingClientRect().top - FOOT_PX;
  if (isTooLow && room > box.height) Object.assign(menu.style, { top: "auto", bottom: "100%" });
}

/** Items: [{text, run}] or [{text, href}]; falsy ones are left out. Opens at once; Esc gives the focus back. */
export function openMenu(button, items, label) {
  const root = button.getRootNode();
  root.querySelector(".menu")?.remove();
  const menu = h("div", { class: "menu", role: "menu", "aria-label": label });
  const close = back => {
    menu.remove();
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    if (back) button.focus();
  };
  const outside = event => {
    if (!event.composedPath().includes(menu)) close(false);
  };
  for (const item of items.filter(Boolean)) {
    const attributes = { role: "menuitem", tabindex: "-1", class: item.danger ? "danger" : null };
    const made = item.href
      ? h("a", { ...attributes, href: item.href, target: item.target, download: item.download })
      : h("button", { ...attributes, type: "button" });
    made.append(item.text);
    made.addEventListener("click", event => {
      if (!item.href) event.preventDefault();
      close(true);
      item.run?.(event);
    });
    menu.append(made);
  }
  menu.addEventListener("keydown", event => {
    const all = [...menu.children];
    const at = all.indexOf(root.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    event.stopPropagation();
    if (event.key === "Escape" || event.key === "Tab") close(event.key === "Escape");
    else if (to !== undefined) {
      event.preventDefault();
      all.at(to % all.length).focus();
    }
  });
  button.setAttribute("aria-expanded", "true");
  button.parentElement.append(menu);
  keepInside(menu);
  document.addEventListener("pointerdown", outside, true);
  menu.firstElementChild?.focus();
  return close;
}
