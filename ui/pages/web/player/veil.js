// What moderation does not show: a withheld stretch is black and silent, in a converted version; a
// blurred one is blurred and silent until somebody asks.

import { h } from "../shared/dom.js";
import { keepFocus } from "../shared/focus.js";

const EARLY_S = 0.4; // a frame late would show what it hides

const overlap = (each, start_s, end_s) => each.start_s < end_s && each.end_s > start_s;

export class Veil {
  constructor(playback, data, say, signal) {
    Object.assign(this, { playback, data, say });
    this.asked = new Set();
    this.notice = h("div", { class: "over", hidden: true });
    const { element } = playback;
    for (const name of ["timeupdate", "seeking", "seeked", "play", "loadedmetadata"]) element.addEventListener(name, () => this.look(), { signal });
    element.addEventListener("volumechange", () => { if (this.stretch && !element.muted) element.muted = true; }, { signal });
  }

  /** Whether somebody asked to see what is not shown at first: pictures are then asked for in the same way. */
  get isLifted() {
    return Boolean(this.shows) || this.asked.size > 0;
  }

  /** Whether a part is withheld, so that the file itself is not to be had. */
  get withholds() {
    return this.data.withheld.length > 0 && !this.shows;
  }

  /** The withheld stretch at a time; undefined where there is none. */
  hides(at_s) {
    return this.withholds ? this.data.withheld.find(each => at_s >= each.start_s && at_s < each.end_s) : undefined;
  }

  /** Whether everything of a stretch that is not shown was asked for. */
  wasAsked(start_s, end_s) {
    const here = this.data.blurred.filter(each => overlap(each, start_s, end_s));
    const withheld = this.data.withheld.some(each => overlap(each, start_s, end_s));
    return (here.length > 0 || withheld) && here.every(each => this.asked.has(each.case)) && (!withheld || this.shows);
  }

  /** What is said in place of a withheld stretch; owners are told why, and may see it. */
  told(stretch) {
    const { say, data } = this;
    if (!data.owner) return [h("p", { role: "alert" }, say("player.withheld"))];
    const why = stretch.case === null ? "player.unseen" : stretch.decided ? "player.blocked" : "player.hidden";
    return [
      h("p", { role: "alert" }, say(why, { rule: stretch.rule, case: String(stretch.case) })),
      h("p", { class: "actions" },
        stretch.case !== null && h("a", { class: "link-button", href: `/review?case=${stretch.case}` }, say("player.to_case")),
        h("button", { type: "button", onclick: () => this.show() }, say("player.show_withheld"))),
    ];
  }

  /** An owner wants to see it all the same. */
  show() {
    this.shows = true;
    const { playback, data } = this;
    const { links } = data;
    playback.data = { ...data, links: { ...links, media: `${links.media}?show=1`, stream: `${links.stream}?show=1`, thumb: `${links.thumb}?show=1` } };
    this.look();
    playback.start(playback.now || playback.wanted || 0);
    playback.element.dispatchEvent(new Event("lifted"));
  }

  look() {
    const now = this.playback.element.currentTime;
    this.lookWithheld(this.hides(now));
    this.lookBlurred(this.data.blurred.find(each => !this.asked.has(each.case) && now >= each.start_s - EARLY_S && now < each.end_s));
  }

  lookWithheld(stretch) {
    if (stretch === this.withheld) return;
    this.withheld = stretch;
    keepFocus(() => {
      this.notice.hidden = !stretch;
      this.notice.replaceChildren(...(stretch ? this.told(stretch) : []));
    }, this.playback.element);
  }

  lookBlurred(stretch) {
    const { playback } = this;
    if (stretch === this.stretch) return;
    if (!this.stretch) this.wasMuted = playback.element.muted;
    this.stretch = stretch;
    playback.frame.classList.toggle("veiled", Boolean(stretch));
    keepFocus(() => this.button?.remove(), playback.element);
    if (stretch) {
      playback.element.muted = true;
      this.button = h("button", { type: "button", class: "unveil main", onclick: () => { this.asked.add(stretch.case); this.look(); } }, this.say("player.show_blurred"));
      playback.frame.append(this.button);
    } else playback.element.muted = this.wasMuted;
  }
}
