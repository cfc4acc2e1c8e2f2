// Years beside the wall: each where it lies in the list; a press, a drag or a key goes there.

import { h } from "../shared/dom.js";

const LEAST_PX = 22; // between two years

/** `go(share, year)`: to a place of the wall, 0 to 1. */
export class Scrubber {
  constructor({ say, go }) {
    this.go = go;
    this.list = h("ul", {});
    this.bubble = h("span", { class: "bubble", "aria-hidden": "true", hidden: true });
    this.element = h("nav", { class: "scrubber", "aria-label": say("library.years") }, this.list, this.bubble);
    this.element.addEventListener("pointerdown", event => this.press(event));
    this.element.addEventListener("pointermove", event => this.dragging && this.drag(event));
    for (const name of ["pointerup", "pointercancel"])
      this.element.addEventListener(name, () => { this.dragging = false; this.bubble.hidden = true; });
  }

  /** `sections` as the wall has them, with {year, title}, and its height. */
  show(sections, height) {
    this.sections = sections;
    this.height = height;
    const years = [];
    for (const each of sections)
      if (each.year !== undefined && each.year !== years.at(-1)?.year) years.push({ year: each.year, share: each.top / height });
    this.element.hidden = years.length < 2;
    this.years = years;
    const room = this.element.clientHeight || 500;
    let last = -LEAST_PX;
    this.list.replaceChildren(...years.map(({ year, share }) => {
      const top = share * (room - LEAST_PX);
      const isCrowded = top - last < LEAST_PX;
      if (!isCrowded) last = top;
      const button = h("button", { type: "button", class: isCrowded ? "crowded" : "", "data-year": year, onclick: event => event.detail === 0 && this.go(share, year) }, String(year));
      const item = h("li", {}, button);
      item.style.top = `${top}px`;
      return item;
    }));
  }

  /** Mark the year in sight. */
  mark(year) {
    for (const button of this.list.querySelectorAll("button")) {
      if (Number(button.dataset.year) === year) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  press(event) {
    const year = Number(event.composedPath()[0].dataset?.year);
    const known = this.years.find(each => each.year === year);
    event.preventDefault();
    if (known) this.go(known.share, year);
    this.dragging = true;
    this.element.setPointerCapture(event.pointerId);
  }

  drag(event) {
    const box = this.element.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientY - box.top) / (box.height - LEAST_PX), 0), 1);
    const section = this.sections.findLast(each => each.top <= share * this.height) ?? this.sections[0];
    this.bubble.hidden = false;
    this.bubble.textContent = section.title;
    this.bubble.style.top = `${Math.min(event.clientY - box.top, box.height - 30)}px`;
    this.go(share, section.year);
  }
}
