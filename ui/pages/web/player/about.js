// Title, what can be done with the video, tags, and three tabs: what is like it, details, one's own history.

import { h, icon } from "../shared/dom.js";
import { send } from "../shared/api.js";
import { card, similarHref, walkByArrows } from "../shared/card.js";
import { follow, go } from "../shared/go.js";
import { offerUndo } from "../shared/undo.js";
import { showChosen } from "../shared/tabs.js";
import { clock } from "../shared/words.js";

const TABS = ["alike", "details", "history"];
const TOLD_MS = 3000;
const CLICK = "reelwise:click";

/** Copy a text, and say so on the button for a while. Without a clipboard (plain HTTP) the text is shown to be copied. */
async function copy(button, text, word) {
  const before = [...button.childNodes];
  try {
    await navigator.clipboard.writeText(text);
    button.replaceChildren(icon("copy"), word);
  } catch {
    const field = h("input", { class: "to-copy", readonly: true, value: text, "aria-label": word });
    button.after(field);
    field.select();
    field.addEventListener("blur", () => field.remove(), { once: true });
    return;
  }
  setTimeout(() => button.replaceChildren(...before), TOLD_MS);
}

export class About {
  constructor(page, say, signal) {
    this.page = page;
    this.say = say;
    this.signal = signal;
    this.tab = "alike";
    this.root = h("div", { class: "about-video" });
  }

  show(data) {
    this.data = data;
    this.verdict = data.did.verdict;
    const text = JSON.stringify([data.video, data.did, data.tags, data.keywords, data.details, data.alike, data.asked.question]);
    if (text === this.drawn) return;
    this.drawn = text;
    this.draw();
  }

  draw() {
    const { data, say } = this;
    const { video, links } = data;
    const action = (name, shape, run) => h("button", { type: "button", onclick: run }, icon(shape), h("span", {}, name));
    this.like = h("button", { type: "button", onclick: () => this.judge("like") }, icon("like"), h("span", {}, say("player.like")));
    this.dislike = h("button", { type: "button", onclick: () => this.judge("dislike") }, icon("dislike"), h("span", {}, say("player.dislike")));
    const link = action(say("player.copy_link"), "link", () => copy(link, this.link(), say("player.copied")));
    const path = video.path && action(say("player.copy_path"), "copy", () => copy(path, video.path, say("player.copied")));
    this.panel = h("div", { class: "panel", role: "tabpanel" });
    this.root.replaceChildren(
      h("h1", {}, video.title), h("p", { class: "mute small" }, video.subtitle),
      h("div", { class: "video-actions" }, this.like, this.dislike, link, path,
        !video.gone && h("a", { class: "link-button", href: links.media, download: video.file_name }, icon("download"), h("span", {}, say("player.download")))),
      ...[this.tags(), this.keywords(), this.tabs(), this.panel].filter(Boolean));
    this.press();
    this.fillPanel();
  }

  link() {
    const address = new URL(location.href);
    const at_s = this.page.playback.now;
    for (const name of ["from", "t"]) address.searchParams.delete(name);
    if (at_s > 1) address.searchParams.set("t", at_s.toFixed(2));
    return address.href;
  }

  press() {
    this.like.setAttribute("aria-pressed", String(this.verdict === "like"));
    this.dislike.setAttribute("aria-pressed", String(this.verdict === "dislike"));
  }

  async judge(kind) {
    const { data, say } = this;
    const { title, id } = data.video;
    if (!data.person) return this.askWho(kind);
    const before = this.verdict;
    const takesBack = before === kind;
    this.verdict = takesBack ? "" : kind;
    this.press();
    try {
      const undo = takesBack ? await this.unjudge(kind) : await this.note(kind);
      const text = say(takesBack ? "player.unliked" : kind === "like" ? "player.liked" : "player.disliked", { title });
      offerUndo(text, say("undo.undo"), async () => {
        this.verdict = before;
        this.press();
        await undo().catch(error => offerUndo(say("player.not_noted", { problem: error.message })));
      });
    } catch (error) {
      this.verdict = before;
      this.press();
      offerUndo(say("player.not_noted", { problem: error.message }));
    }
    return id;
  }

  whose(id, act = "") {
    return `/events/${id}${act}?user=${encodeURIComponent(this.data.person)}`;
  }

  async note(kind) {
    const { person, video, did } = this.data;
    const told = await send("POST", "/events", { user: person, video_id: Number(video.id), kind, source: "page" });
    const { id } = told.results[0].event;
    did.verdicts.push({ id, kind });
    return async () => {
      await send("DELETE", this.whose(id));
      did.verdicts = did.verdicts.filter(each => each.id !== id);
    };
  }

  /** Take back all of this kind: the last word of the person is then none, or the other. */
  async unjudge(kind) {
    const { did } = this.data;
    const taken = did.verdicts.filter(each => each.kind === kind);
    for (const { id } of taken) await send("DELETE", this.whose(id));
    did.verdicts = did.verdicts.filter(each => each.kind !== kind);
    return async () => {
      for (const { id } of taken) await send("POST", this.whose(id, "/restore"));
      did.verdicts.push(...taken);
    };
  }

  /** Nobody has chosen who is watching: ask first, and keep the click. */
  askWho(kind) {
    sessionStorage.setItem(CLICK, JSON.stringify({ video: this.data.video.id, kind }));
    this.page.ask();
  }

  /** Do what was clicked before somebody said who is watching. */
  takeUp() {
    const kept = JSON.parse(sessionStorage.getItem(CLICK) ?? "null");
    if (!this.data.person || kept?.video !== this.data.video.id) return;
    sessionStorage.removeItem(CLICK);
    if (this.verdict !== kept.kind) this.judge(kept.kind);
  }

  tags() {
    const { data, say } = this;
    const known = h("datalist", { id: "known-tags" }, data.known_tags.map(tag => h("option", { value: tag })));
    const field = h("input", { class: "tag-field", type: "text", list: "known-tags", maxlength: "100", placeholder: say("tags.add"), "aria-label": say("tags.add"), enterkeyhint: "done" });
    if (!data.owner) {
      this.chips = h("ul", { class: "tags", "aria-label": say("tags.name") });
      this.drawTags();
      return h("div", { class: "tag-row" }, this.chips);
    }
    const form = h("form", { onsubmit: event => { event.preventDefault(); this.tag(field.value); field.value = ""; } }, field, known);
    this.chips = h("ul", { class: "tags", "aria-label": say("tags.name") });
    this.drawTags();
    return h("div", { class: "tag-row" }, this.chips, form);
  }

  /** What was seen, said and written: each leads to the place that shows it. */
  keywords() {
    const { data, say } = this;
    return data.keywords?.length > 0 && h("ul", { class: "tags keywords", "aria-label": say("tags.keywords") }, data.keywords.map(each => h("li", { class: "chip" },
      h("button", { type: "button", class: "keyword", title: each.why, onclick: () => this.page.playback.seek(each.start_s) }, each.text,
        h("span", { class: "only-heard" }, `, ${each.why}`)))));
  }

  drawTags() {
    this.chips.replaceChildren(...this.data.tags.map(tag => h("li", { class: "chip" },
      h("a", { href: `/library?${new URLSearchParams({ tag })}`, onclick: follow }, tag),
      this.data.owner && h("button", { type: "button", class: "x", "aria-label": this.say("tags.remove", { tag }), onclick: () => this.untag(tag) }, icon("close")))));
  }

  async tag(text, isUndo = false) {
    const tag = text.trim().replace(/\s+/g, " ");
    if (!tag || this.data.tags.includes(tag)) return;
    await this.changeTag("POST", tag, [...this.data.tags, tag].sort(), isUndo ? "" : "tags.added", () => this.untag(tag, true));
  }

  async untag(tag, isUndo = false) {
    await this.changeTag("DELETE", tag, this.data.tags.filter(each => each !== tag), isUndo ? "" : "tags.removed", () => this.tag(tag, true));
  }

  async changeTag(method, tag, after, told, undo) {
    const before = this.data.tags;
    this.data.tags = after;
    this.drawTags();
    try {
      await send(method, "/tags", { video_ids: [Number(this.data.video.id)], tags: [tag] });
      if (told) offerUndo(this.say(told, { tag }), this.say("undo.undo"), undo);
    } catch (error) {
      this.data.tags = before;
      this.drawTags();
      offerUndo(this.say("tags.failed", { problem: error.message }));
    }
  }

  tabs() {
    const { say } = this;
    const there = TABS.filter(name => name !== "history" || this.data.person);
    if (!there.includes(this.tab)) this.tab = there[0];
    this.buttons = there.map(name => h("button", { type: "button", role: "tab", id: `tab-${name}`, onclick: () => this.open(name) }, say(`player.${name}`)));
    const list = h("div", { class: "tabs", role: "tablist", "aria-label": say("player.tabs") }, this.buttons);
    list.addEventListener("keydown", event => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by) return;
      event.preventDefault();
      event.stopPropagation();
      this.open(there.at((there.indexOf(this.tab) + by) % there.length));
      this.buttons[there.indexOf(this.tab)].focus();
    });
    return list;
  }

  open(name) {
    this.tab = name;
    this.fillPanel();
  }

  fillPanel() {
    for (const button of this.buttons) {
      const isOpen = button.id === `tab-${this.tab}`;
      button.setAttribute("aria-selected", String(isOpen));
      button.tabIndex = isOpen ? 0 : -1;
    }
    showChosen(this.buttons[0].parentElement);
    this.panel.setAttribute("aria-labelledby", `tab-${this.tab}`);
    this.panel.replaceChildren(h("h2", { class: "only-heard" }, this.say(`player.${this.tab}`)), this.inside());
  }

  inside() {
    const { data, say } = this;
    if (this.tab === "details")
      return h("dl", { class: "details" }, data.details.map(({ name, value }) => [h("dt", {}, name), h("dd", {}, value)]));
    if (this.tab === "history") return this.history();
    if (!data.alike) return h("p", { "aria-busy": "true" });
    if (!data.alike.length) return h("p", { class: "mute" }, say("player.no_alike"));
    const list = h("ul", { class: "grid", "aria-label": say("player.alike") }, data.alike.map(video => card(video, { say, question: {}, menu: menuOf(say) })));
    walkByArrows(list);
    return list;
  }

  history() {
    const { data, say } = this;
    if (!data.did.events.length) return h("p", { class: "mute" }, say("player.no_history"));
    const text = event => (event.kind === "view" && event.watched_s !== null
      ? say("details.view", { seconds: clock(event.watched_s), length: clock(data.video.duration_s) })
      : say(event.kind === "view" ? "details.view_plain" : `details.${event.kind}`));
    return h("ul", { class: "events" }, data.did.events.map(event => h("li", {}, h("span", { class: "at" }, event.at), h("span", {}, text(event)))));
  }
}

export function menuOf(say) {
  return (video, moment) => [
    { text: say("menu.similar"), run: () => go(similarHref(video, moment)) },
    { text: say("menu.copy_link"), run: () => navigator.clipboard?.writeText(new URL(`/video?v=${video.id}`, location.href).href) },
    video.path && { text: say("menu.copy_path"), run: () => navigator.clipboard?.writeText(video.path) },
  ];
}
