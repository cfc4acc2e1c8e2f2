// Why this video was found: a line of seconds under the film strip, and what spoke laid over a paused picture.

import { h } from "../shared/dom.js";
import { clock, inWords } from "../shared/words.js";
import { curve, explanation, hasReason, overlay } from "../shared/why.js";

const SETTLES_MS = 400;

export class Why {
  constructor(page, signal) {
    this.page = page;
    this.signal = signal;
    this.button = h("button", { type: "button", class: "plain", "aria-expanded": "false", onclick: () => this.toggle() });
    this.hint = h("p", { class: "mute small" });
    this.panel = h("div", { class: "why-panel", hidden: true, role: "status" });
    this.root = h("section", { class: "why", hidden: true }, this.button, this.panel);
    const { element } = page.playback;
    for (const name of ["pause", "seeked", "lifted"]) element.addEventListener(name, () => this.settle(), { signal });
    for (const name of ["play", "seeking"]) element.addEventListener(name, () => this.cover(null), { signal });
    signal.addEventListener("abort", () => clearTimeout(this.waits), { once: true });
  }

  get question() {
    return this.page.data.asked.question;
  }

  /** Whether an owner asked for what is withheld: its seconds are then told as well. */
  get showsWithheld() {
    return Boolean(this.page.playback.veil.shows);
  }

  update() {
    const { video } = this.page.data;
    const asked = JSON.stringify([video.id, this.question.q, this.question.like]);
    this.root.hidden = !hasReason(this.question) || video.gone;
    if (asked === this.asked) return;
    this.asked = asked;
    this.told = null;
    this.open(false);
  }

  toggle() {
    this.open(this.panel.hidden);
    if (!this.panel.hidden && (!this.told || this.isLifted !== this.showsWithheld)) this.ask();
    else this.settle();
  }

  open(isOpen) {
    this.panel.hidden = !isOpen;
    this.button.setAttribute("aria-expanded", String(isOpen));
    this.button.textContent = this.page.say(isOpen ? "why.hide" : "why.show");
    if (!isOpen) this.cover(null);
  }

  async ask() {
    const { page, asked } = this;
    this.isLifted = this.showsWithheld;
    this.panel.replaceChildren(page.say("why.looking"));
    try {
      const told = await explanation(page.data.video.id, this.question, this.isLifted ? { show: "1" } : {});
      if (asked !== this.asked || this.signal.aborted) return;
      this.told = told;
      this.draw();
      this.settle();
    } catch (problem) {
      this.panel.replaceChildren(page.say("why.none", { problem: problem.message }));
    }
  }

  draw() {
    const { told, page } = this;
    const best = told.best.map(each => h("button", { type: "button", class: "plain", onclick: () => this.goTo(each.peak_s) },
      page.say("why.best", { start: clock(each.start_s, true), end: clock(each.end_s, true) })));
    this.panel.replaceChildren(
      h("div", { class: "curve-place", role: "img", "aria-label": page.say("why.curve") }, curve(told, 0, page.timeline.length)),
      h("p", { class: "small" }, best.length ? best : page.say("why.flat")),
      this.hint,
      ...told.warnings.map(text => h("p", { class: "small" }, inWords(text))));
  }

  goTo(at_s) {
    this.page.playback.element.pause();
    this.page.playback.seek(at_s);
  }

  /** Somebody looks at a frame: say what of it spoke, once they stay. */
  settle() {
    clearTimeout(this.waits);
    const { element, veil } = this.page.playback;
    if (!this.panel.hidden && this.isLifted !== this.showsWithheld) return void this.ask();
    if (!this.told || this.panel.hidden || !element.paused || veil.stretch || veil.withheld) return;
    const look = () => this.cover(overlay(this.told, this.question, element.currentTime, veil.isLifted));
    this.waits = setTimeout(look, SETTLES_MS);
  }

  cover(image) {
    clearTimeout(this.waits);
    this.image?.remove();
    this.image = image;
    const hint = name => { if (this.image === image) this.hint.textContent = this.page.say(name); };
    hint(image ? "why.looking" : "why.paused");
    if (!image) return;
    image.addEventListener("load", () => hint("why.paused"));
    image.addEventListener("error", () => { image.remove(); hint("why.no_part"); });
    this.page.playback.frame.append(image);
  }
}
