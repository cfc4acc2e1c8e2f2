// What comes next, and going on by itself: off until somebody wants it, and never for longer than three films alone.

import { h } from "../shared/dom.js";
import { card, momentHref, walkByArrows } from "../shared/card.js";
import { go } from "../shared/go.js";
import { menuOf } from "./about.js";

const WAITS_S = 8;
const MOST_ALONE = 3;
const WANTED = "reelwise:autoplay";
const ALONE = "reelwise:alone";
const BEGINS = "reelwise:begins";

export class NextUp {
  constructor(playback, say, signal) {
    this.playback = playback;
    this.say = say;
    this.cards = [];
    this.why = h("p", { class: "mute small" });
    this.list = h("ul", { class: "next-cards", "aria-label": say("next.name") });
    walkByArrows(this.list);
    this.wants = h("input", { type: "checkbox", role: "switch", id: "autoplay", onchange: () => localStorage.setItem(WANTED, this.wants.checked ? "1" : "") });
    this.wants.checked = localStorage.getItem(WANTED) === "1";
    this.root = h("aside", { class: "next-column", "aria-label": say("next.name") },
      h("div", { class: "next-head" }, h("h2", {}, say("next.name")), h("label", { class: "switch", for: "autoplay" }, say("next.autoplay"), this.wants)),
      this.why, this.list);
    playback.element.addEventListener("ended", () => this.ended(), { signal });
    playback.element.addEventListener("play", () => this.cancel(), { signal });
    for (const name of ["pointerdown", "keydown"])
      document.addEventListener(name, () => sessionStorage.removeItem(ALONE), { signal, capture: true, passive: true });
    signal.addEventListener("abort", () => clearInterval(this.timer), { once: true });
    if (sessionStorage.getItem(BEGINS)) {
      sessionStorage.removeItem(BEGINS);
      playback.element.autoplay = true;
    }
  }

  /** `next` is null while it is looked for. */
  show(next, question) {
    const text = JSON.stringify([next, question]);
    if (text === this.drawn) return;
    this.drawn = text;
    this.root.setAttribute("aria-busy", String(!next));
    this.cards = next?.cards ?? [];
    this.question = question;
    if (!next) return this.list.replaceChildren();
    this.why.replaceChildren(next.cards.length ? next.why : this.say("next.none"));
    this.list.replaceChildren(...next.cards.map(video => card(video, { say: this.say, question, menu: menuOf(this.say) })));
  }

  /** Open the next video; `alone`: nobody asked for it. */
  play(alone = false) {
    const [first] = this.cards;
    if (!first) return;
    if (alone) sessionStorage.setItem(ALONE, String(this.alone + 1));
    sessionStorage.setItem(BEGINS, "1");
    go(momentHref(first, first.moments?.[0], this.question));
  }

  get alone() {
    return Number(sessionStorage.getItem(ALONE) ?? 0);
  }

  ended() {
    if (!this.wants.checked || !this.cards.length) return;
    if (this.alone >= MOST_ALONE) return this.overlay(this.say("next.still"), this.say("next.go_on"), () => this.play());
    let left = WAITS_S;
    const text = h("p", { role: "status" });
    const tell = () => text.replaceChildren(this.say("next.counting", { n: left }), h("br"), h("b", {}, this.cards[0].title));
    tell();
    this.overlay(text, this.say("next.now"), () => this.play());
    this.timer = setInterval(() => {
      left -= 1;
      if (left > 0) return tell();
      this.cancel();
      return this.play(true);
    }, 1000);
  }

  overlay(text, word, run) {
    const { over } = this.playback;
    over.replaceChildren(typeof text === "string" ? h("p", {}, text) : text, h("p", { class: "actions" },
      h("button", { type: "button", class: "main", onclick: run }, word),
      h("button", { type: "button", onclick: () => this.cancel() }, this.say("next.cancel"))));
    over.hidden = false;
    this.isShown = true;
  }

  cancel() {
    clearInterval(this.timer);
    if (!this.isShown) return;
    this.isShown = false;
    this.playback.over.hidden = true;
  }
}
