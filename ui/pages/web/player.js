// The Video page: the player with its timeline, lines, what is known of the video, and what comes next.
// Python gives all data by the address. What another address of the same video changes is drawn in
// its place: the picture goes on playing.

import { h, rootOf } from "./shared/dom.js";
import { changed, go, replace } from "./shared/go.js";
import { inWords, speaker } from "./shared/words.js";
import { About } from "./player/about.js";
import { Controls } from "./player/controls.js";
import { listenToKeys } from "./player/keys.js";
import { Lines } from "./player/lines.js";
import { NextUp } from "./player/next.js";
import { Playback } from "./player/playback.js";
import { Recorded } from "./player/recorded.js";
import { openSave } from "./player/save.js";
import { Timeline } from "./player/timeline.js";
import { Why } from "./player/why.js";

class VideoPage {
  constructor(parent) {
    this.root = rootOf(parent, "video-page");
    this.life = null;
  }

  show(data, setTriggerValue) {
    this.wantsBeside = () => setTriggerValue("beside", Date.now());
    this.ask = () => {
      this.playback.element.pause();
      setTriggerValue("ask", Date.now());
      document.querySelector('section[data-testid="stMain"]')?.scrollTo({ top: 0 });
    };
    const before = this.data?.video.id === data.video.id ? this.playback?.now : undefined;
    const isSame = this.data?.video.id === data.video.id && this.data.links.media === data.links.media
      && this.data.person === data.person && this.data.records === data.records && this.data.language === data.language;
    this.data = data;
    this.say = speaker(data.words, data.language);
    if (isSame) this.update();
    else this.build(before);
    this.about.takeUp();
    if (data.next) this.askedBeside = null;
    else this.askBeside();
  }

  /** What comes next is asked for behind the first frame, which is not to wait for it. */
  askBeside() {
    const asked = `${location.pathname}${location.search}`;
    if (this.askedBeside === asked) return;
    this.askedBeside = asked;
    this.playback.whenShown(() => this.wantsBeside?.());
  }

  build(at_s) {
    this.close();
    this.life = new AbortController();
    const { data, say } = this;
    const signal = this.life.signal;
    this.playback = new Playback(data, say, signal);
    this.timeline = new Timeline(this.playback, say, { onChosen: stretch => this.chosen(stretch) }, signal);
    this.lines = new Lines(this.playback, say, signal);
    this.controls = new Controls(this, signal);
    this.recorded = new Recorded(this.playback, data, say, signal);
    this.next = new NextUp(this.playback, say, signal);
    this.about = new About(this, say, signal);
    this.why = new Why(this, signal);
    this.notices = h("div", { class: "notices", role: "status" });
    this.root.replaceChildren(
      h("div", { class: "main-column" }, this.notices, this.playback.frame, this.controls.root, this.timeline.root, this.why.root,
        h("div", { class: "below" }, this.lines.root, h("div", { class: "about-column" }, this.recorded.root, this.about.root))),
      this.next.root);
    listenToKeys(this, signal);
    this.playback.on("returned", () => this.returned());
    this.update();
    this.playback.start(at_s ?? data.asked.t ?? 0);
  }

  update() {
    const { data } = this;
    this.timeline.show(data.timeline, this.handles(), data.links.strip);
    this.controls.stretchChanged();
    this.why.update();
    this.lines.show(data.lines);
    this.next.show(data.next, data.asked.question);
    this.about.show(data);
    this.notices.replaceChildren(...data.notices.map(text => h("p", {}, inWords(text))));
    if (data.asked.t !== null && data.asked.t !== this.shownAt && this.shownAt !== undefined) this.playback.seek(data.asked.t);
    this.shownAt = data.asked.t;
  }

  /** The file is there again: what was not to be had of it is asked for once more. */
  returned() {
    this.timeline.draw();
    this.about.show(this.data);
    this.why.update();
  }

  /** Where the handles are: they may have been moved while the server worked, and the address knows it. */
  handles() {
    const now = new URLSearchParams(location.search);
    const at = (name, told) => {
      const text = now.get(name);
      const at_s = text ? Number(text) : NaN;
      if (!text) return null;
      return at_s >= 0 && at_s <= this.playback.length ? at_s : told;
    };
    return { start_s: at("in", this.data.asked.in), end_s: at("out", this.data.asked.out) };
  }

  /** Two handles were set, moved or cleared: the address says so, and the server need not hear of it. */
  chosen({ start_s, end_s }) {
    const text = at => (at === null || at === undefined ? null : at.toFixed(2));
    replace(changed({ in: text(start_s), out: text(end_s) }));
    this.controls.stretchChanged();
  }

  similar() {
    const { start_s, end_s } = this.timeline.stretch;
    const id = this.data.video.id;
    const like = end_s === null ? String(id) : `${id}@${(start_s ?? 0).toFixed(2)}-${end_s.toFixed(2)}`;
    go(`/?${new URLSearchParams({ like })}`);
  }

  save() {
    const { start_s, end_s } = this.timeline.stretch;
    this.playback.element.pause();
    openSave(this, { start_s: start_s ?? 0, end_s: end_s ?? this.playback.length });
  }

  close() {
    this.life?.abort();
    this.playback?.close();
    this.life = null;
  }
}

const pages = new WeakMap();

export default function ({ parentElement, data: [data], setTriggerValue }) {
  let page = pages.get(parentElement);
  if (!page) pages.set(parentElement, (page = new VideoPage(parentElement)));
  page.show(data, setTriggerValue);
  return () => {
    page.close();
    pages.delete(parentElement);
  };
}
