// Videos that are selected, and what can be done with all of them.

import { h, icon } from "../shared/dom.js";

const MOST = 1000;

/** `actions`: [{text, run(ids)}]; `idsBetween(a, b)` gives the ids of a stretch of the list. */
export class Chosen {
  constructor({ say, actions, idsBetween }) {
    Object.assign(this, { say, actions, idsBetween });
    this.ids = new Set();
    this.ticks = new Map();
    this.bar = h("div", { class: "chosen", role: "toolbar", "aria-label": say("library.selected_bar"), hidden: true });
    this.count = h("b", { role: "status" });
    this.bar.append(this.count,
      ...actions.map(each => h("button", { type: "button", class: "outlined", onclick: () => each.run([...this.ids]) }, each.text)),
      h("button", { type: "button", "aria-label": say("library.select_none"), onclick: () => this.clear() }, icon("close")));
  }

  /** Give a card its tick. */
  decorate(element, video, index) {
    const tick = h("button", { type: "button", class: "tick", role: "checkbox", "aria-label": this.say("library.select", { title: video.title }),
      onclick: event => this.toggle(video.id, index, event.shiftKey) });
    element.prepend(tick);
    element.addEventListener("keydown", event => {
      if (event.key !== "x" && event.key !== "X") return;
      if (event.ctrlKey || event.altKey || event.metaKey || event.composedPath()[0].closest?.(".menu")) return;
      event.preventDefault();
      this.toggle(video.id, index, event.shiftKey);
    });
    element.addEventListener("click", event => {
      // While some are selected a press on a picture selects; a modifier still opens a new tab.
      if (!this.ids.size || event.ctrlKey || event.metaKey || !event.composedPath().some(each => each.classList?.contains("picture"))) return;
      event.preventDefault();
      event.stopPropagation();
      this.toggle(video.id, index, event.shiftKey);
    }, { capture: true });
    this.ticks.set(video.id, { tick, element });
    this.paint(video.id);
  }

  async toggle(id, index, isRange) {
    const adds = !this.ids.has(id);
    if (isRange && this.last !== undefined) {
      const [from, to] = [Math.min(this.last, index), Math.max(this.last, index)];
      for (const each of await this.idsBetween(from, Math.min(to, from + MOST - 1))) this.set(each, true);
    } else this.set(id, adds);
    this.last = index;
    this.draw();
  }

  set(id, isChosen) {
    if (isChosen) this.ids.add(id);
    else this.ids.delete(id);
    this.paint(id);
  }

  paint(id) {
    const there = this.ticks.get(id);
    if (!there) return;
    there.tick.setAttribute("aria-checked", String(this.ids.has(id)));
    there.element.classList.toggle("is-chosen", this.ids.has(id));
  }

  draw() {
    this.bar.hidden = !this.ids.size;
    this.bar.parentElement?.classList.toggle("selecting", this.ids.size > 0);
    this.count.textContent = this.say("library.selected", { n: this.ids.size });
  }

  clear() {
    const before = [...this.ids];
    this.ids.clear();
    before.forEach(id => this.paint(id));
    this.last = undefined;
    this.draw();
  }
}
