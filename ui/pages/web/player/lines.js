// What is said and written: scrolls along in its own box, words of the question marked, with filters.

import { h } from "../shared/dom.js";
import { marked } from "../shared/card.js";
import { clock } from "../shared/words.js";

const FILTERS = ["all", "said", "written", "found"];
const RESTS_MS = 4000;

export class Lines {
  constructor(playback, say, signal) {
    this.playback = playback;
    this.say = say;
    this.filter = "all";
    this.data = { all: 0, shown: [], read: [] };
    this.list = h("ol", { class: "lines", tabindex: "0", "aria-label": say("lines.name") });
    this.chips = h("div", { class: "line-filters", role: "group", "aria-label": say("lines.filter") });
    this.root = h("section", { class: "lines-column", "aria-label": say("lines.name") }, this.chips, this.list);
    for (const name of ["timeupdate", "seeked"]) playback.element.addEventListener(name, () => this.follow(), { signal });
    for (const name of ["wheel", "touchmove", "keydown"])
      this.list.addEventListener(name, () => { this.touchedAt = performance.now(); }, { signal, passive: true });
  }

  show(data) {
    const isSame = JSON.stringify(data) === this.drawn;
    this.drawn = JSON.stringify(data);
    this.data = data;
    if (isSame) return;
    if (!this.kinds().includes(this.filter)) this.filter = "all";
    this.draw();
  }

  kinds() {
    const there = { all: true, said: this.has("said"), written: this.has("written"), found: this.data.shown.some(line => line.found) };
    return FILTERS.filter(kind => there[kind]);
  }

  has(kind) {
    return this.data.shown.some(line => line.kind === kind);
  }

  draw() {
    const { say, data } = this;
    this.chips.hidden = !data.shown.length;
    this.chips.replaceChildren(...this.kinds().map(kind => h("button", { type: "button", class: kind === this.filter ? "chip on" : "chip",
      "aria-pressed": String(kind === this.filter), onclick: () => this.choose(kind) }, say(`lines.${kind}`))));
    const wanted = data.shown.filter(line => this.filter === "all" || (this.filter === "found" ? line.found : line.kind === this.filter));
    this.rows = wanted.map(line => ({ line, row: this.row(line) }));
    const rest = data.all > data.shown.length ? [h("li", { class: "mute small" }, say("lines.more", { n: data.shown.length }))] : [];
    const nothing = say(data.shown.length ? "lines.none_kind" : data.read.length ? "lines.none" : "lines.none_read");
    this.list.replaceChildren(...(wanted.length ? [...this.rows.map(each => each.row), ...rest] : [h("li", { class: "mute small nothing" }, nothing)]));
    this.current = null;
    this.follow();
  }

  row(line) {
    return h("li", {}, h("button", { type: "button", class: "line", onclick: () => this.playback.seek(line.start_s) },
      h("span", { class: "at" }, clock(line.start_s)), h("span", { class: "text" }, marked(line.text, line.marks)),
      h("span", { class: "kind" }, this.say(line.kind === "said" ? "channel.speech" : "channel.screen"))));
  }

  choose(kind) {
    this.filter = kind;
    this.draw();
    this.chips.querySelector(".on")?.focus();
  }

  toggle() {
    this.root.classList.toggle("folded");
  }

  /** What is said at a time, for captions. */
  saidAt(time_s) {
    return this.data.shown.filter(line => line.kind === "said" && line.start_s <= time_s && time_s < Math.max(line.end_s, line.start_s + 0.5));
  }

  follow() {
    const now = this.playback.now + 0.05;
    const at = (this.rows ?? []).findLastIndex(({ line }) => line.start_s <= now);
    if (at === this.current) return;
    this.rows?.[this.current]?.row.removeAttribute("aria-current");
    this.current = at;
    const row = this.rows?.[at]?.row;
    if (!row) return;
    row.setAttribute("aria-current", "true");
    const rests = performance.now() - (this.touchedAt ?? -RESTS_MS) < RESTS_MS;
    if (!rests) this.list.scrollTop = row.offsetTop - this.list.clientHeight / 2 + row.clientHeight / 2;
  }
}
