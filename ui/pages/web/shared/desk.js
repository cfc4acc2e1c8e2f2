// A page of things to do one after another in somebody's name: its head, what it tells, and its keys.

import { h, rootOf } from "./dom.js";
import { speaker } from "./words.js";

const NAME = "reelwise.reviewer"; // one name a device, whichever of these pages it is written on
// Where keys are typed and are no commands; in a field of a number letters are commands still.
const TYPES = "input:not([type=number]), textarea, select, [contenteditable]";

/** Its words are those of `group`; a page gives `titles()`, `begin()` and `key(event, at)`. */
export class Desk {
  constructor(parent, group) {
    this.group = group;
    this.root = rootOf(parent, `${group}-root`);
    this.stop = new AbortController();
    document.addEventListener("keydown", event => this.pressed(event), { signal: this.stop.signal });
  }

  show(data) {
    const text = JSON.stringify(data);
    if (text === this.drawn) return;
    this.drawn = text;
    this.data = data;
    this.say = speaker(data.words, data.language);
    this.status = h("p", { class: "told", role: "status" });
    this.error = h("p", { class: "error", role: "alert", hidden: true });
    this.main = h("div", { class: "body" });
    this.root.replaceChildren(h("div", { class: "head" }, this.titles(), this.who()), this.error, this.status, this.main);
    this.tried(() => this.begin());
  }

  /** Who does it: a field for the name, or the name of whoever has signed in. */
  who() {
    const { say, data, group } = this;
    const called = say(`${group}.name`);
    this.name = h("input", { type: "text", class: "name", maxlength: "100", autocomplete: "off", "aria-label": called, placeholder: called,
      onchange: () => localStorage.setItem(NAME, this.name.value.trim()) });
    this.name.value = data.who || localStorage.getItem(NAME) || "";
    return data.signed_in ? h("p", { class: "mute who" }, data.who) : h("label", { class: "who" }, h("span", { class: "mute small" }, say(`${group}.you`)), this.name);
  }

  /** Who does it, in a body; nothing for whoever has signed in. */
  by() {
    return this.data.signed_in ? {} : { by: this.name.value.trim() };
  }

  /** Whether it is known who does it; asks for the name where it is not. */
  isNamed() {
    if (this.data.signed_in || this.name.value.trim()) return true;
    this.fail(this.say(`${this.group}.name_needed`));
    this.name.focus();
    return false;
  }

  pressed(event) {
    const at = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !this.data || at.matches?.(TYPES)) return;
    const run = this.key(event, at);
    if (!run) return;
    event.preventDefault();
    this.tried(async () => run());
  }

  tell(text) {
    this.status.textContent = text;
  }

  fail(text) {
    this.error.hidden = !text;
    this.error.textContent = text;
  }

  async tried(run) {
    this.fail("");
    try {
      await run();
    } catch (error) {
      this.fail([error.message, error.fix].filter(Boolean).join(" - "));
    }
  }

  leave() {
    this.stop.abort();
  }
}

/** What Streamlit calls for such a page: one for each element, told when its data change. */
export function component(Page) {
  const pages = new WeakMap();
  return ({ parentElement, data: [data] }) => {
    let page = pages.get(parentElement);
    if (!page) pages.set(parentElement, (page = new Page(parentElement)));
    page.show(data);
    return () => {
      page.leave();
      pages.delete(parentElement);
    };
  };
}
