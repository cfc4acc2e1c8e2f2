// For you: shelves of videos. The list is Python's and stays as it is; what is clicked marks its own card.

import { h, rootOf } from "./shared/dom.js";
import { card, similarHref, walkByArrows } from "./shared/card.js";
import { keepFocus } from "./shared/focus.js";
import { changed, follow, go } from "./shared/go.js";
import { Judged } from "./shared/judged.js";
import { decimals, fixInWords, inWords, speaker } from "./shared/words.js";

const ASKS_AFTER = 3;
/** Shelves of what was known before. */
const OLD = ["begun", "again"];

class Shelves {
  constructor(parent) {
    this.root = rootOf(parent, "shelves-root");
    this.judged = [];
  }

  show(data, trigger) {
    const text = JSON.stringify(data);
    this.trigger = trigger;
    if (text === this.drawn) return;
    Object.assign(this, { data, drawn: text, judged: [], say: speaker(data.words, data.language) });
    keepFocus(() => {
      this.root.replaceChildren(...this.parts().flat(Infinity).filter(Boolean));
      this.noted();
    });
  }

  parts() {
    const { data, say } = this;
    if (data.view === "nothing_indexed") return [this.title(), this.empty(say("foryou.nothing"), say("foryou.nothing_advice"), ["/library", say("foryou.add")])];
    if (data.view === "problem") return [this.title(), h("p", { class: "problem", role: "alert" }, inWords(data.problem), " ", fixInWords(data.fix))];
    return [this.title(), this.notes(), data.shelves.map(shelf => this.shelf(shelf)), this.ending()];
  }

  title() {
    const { data, say } = this;
    const isAlone = data.is_alone && data.shelves?.length === 1;
    const text = isAlone ? data.shelves[0].title : data.who ? say("foryou.title", { who: data.who }) : say("foryou.title_guest");
    this.refresh = h("button", { type: "button", class: "outlined refresh", hidden: true, onclick: () => this.trigger("refresh", Date.now()) },
      say("foryou.refresh"));
    return h("div", { class: "top" }, h("h1", {}, text), this.refresh,
      data.is_alone && h("a", { class: "link", href: changed({ shelf: null, beside: null }), onclick: follow }, say("foryou.all")));
  }

  notes() {
    const { data, say } = this;
    if (data.guest && !data.other) return h("p", { class: "note" }, say("foryou.guest"), " ", h("a", { class: "link", href: "/people", onclick: follow }, say("foryou.choose")));
    if (data.other) return h("p", { class: "note" }, data.person ? say("foryou.other", { who: data.other, person: data.person }) : say("foryou.other_guest", { who: data.other }), " ",
      h("button", { type: "button", class: "link", onclick: () => this.trigger("watch_as", { name: data.other }) }, say("foryou.watch_as", { who: data.other })));
    return data.is_new && h("p", { class: "note" }, say("foryou.newcomer"));
  }

  ending() {
    const { data, say } = this;
    if (data.is_alone && !data.shelves.length) return this.empty(say("foryou.no_shelf"), "", [changed({ shelf: null, beside: null }), say("foryou.all")]);
    if (data.is_alone || (!data.is_all_seen && data.shelves.length)) return null;
    return this.empty(say("foryou.all_seen"), say("foryou.all_seen_advice"), [changed({ shelf: "again" }), say("foryou.watch_again")], ["/library", say("foryou.add")]);
  }

  empty(title, advice, ...links) {
    return h("div", { class: "empty" }, h("p", { class: "big" }, title), advice && h("p", {}, advice),
      h("p", { class: "links" }, links.map(([href, text]) => h("a", { class: "outlined link-button", href, onclick: follow }, text))));
  }

  shelf(shelf) {
    const { data, say } = this;
    const id = `shelf-${shelf.key.replace(/[^\w-]/g, "_")}`;
    const list = h("ul", { class: "grid" }, shelf.videos.map(video => this.card(video, shelf)));
    walkByArrows(list);
    if (data.is_alone) return h("section", { class: "shelf alone", "aria-label": shelf.title }, shelf.sub && h("p", { class: "sub" }, shelf.sub), h("h2", { class: "only-heard" }, shelf.title), list);
    return h("section", { class: `shelf${shelf.is_long ? "" : shelf.videos.length < 5 ? " row few" : " row"}`, "aria-labelledby": id },
      h("div", { class: "head" }, h("h2", { id }, shelf.title),
        h("a", { class: "link small", href: changed({ shelf: shelf.key }), onclick: follow, "aria-label": say("shelf.see_all_of", { title: shelf.title }) }, say("shelf.see_all"))),
      shelf.sub && h("p", { class: "sub" }, shelf.sub), list);
  }

  card(video, shelf) {
    const { data, say } = this;
    const mayJudge = data.person && !data.other;
    let judged = null;
    const made = card(video, { say, question: { from: "foryou" }, menu: () => [
      mayJudge && { text: say("judge.hide"), run: () => judged.tell("hide") },
      { text: say("menu.why"), run: () => this.why(video, shelf) },
      { text: say("menu.beside"), run: () => go(changed({ shelf: null, beside: video.id })) },
      { text: say("menu.similar"), run: () => go(similarHref(video)) },
      { text: say("menu.copy_link"), run: () => navigator.clipboard.writeText(new URL(`/video?v=${video.id}`, location.href).href) },
      video.path && { text: say("menu.copy_path"), run: () => navigator.clipboard.writeText(video.path) },
    ] });
    if (video.reason) made.querySelector(".why").prepend(h("span", { class: "mute small" }, video.reason));
    if (mayJudge) judged = new Judged(made, video, { user: data.person, say, noted: () => this.noted() });
    if (judged && !OLD.includes(shelf.key)) this.judged.push(judged);
    return made;
  }

  /** Offer another list when some of this one were judged since it was made. */
  noted() {
    this.refresh.hidden = this.judged.filter(each => each.events.length).length < ASKS_AFTER;
  }

  why(video, shelf) {
    const { say } = this;
    const close = h("button", { type: "button", autofocus: true, onclick: () => dialog.close() }, say("shelf.close"));
    const dialog = h("dialog", { class: "rw-keys", "aria-label": say("menu.why"), onclose: () => dialog.remove() },
      h("h2", {}, video.title),
      h("p", {}, say("shelf.on", { title: shelf.title })), shelf.sub && h("p", {}, shelf.sub), video.why && h("p", {}, video.why),
      h("p", { class: "rw-sub" }, say("shelf.score", { score: decimals(video.score, say.language), source: video.source })), close);
    document.body.append(dialog);
    dialog.showModal();
  }
}

const drawn = new WeakMap();

export default function ({ parentElement, data: [data], setTriggerValue }) {
  let shelves = drawn.get(parentElement);
  if (!shelves) drawn.set(parentElement, (shelves = new Shelves(parentElement)));
  shelves.show(data, setTriggerValue);
  return () => drawn.delete(parentElement);
}
