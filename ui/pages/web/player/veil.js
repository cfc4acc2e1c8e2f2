// What moderation does not show: a withheld video is not played; a blurred stretch is blurred and
// without sound until somebody asks.

import { h } from "../shared/dom.js";

const EARLY_S = 0.4; // a frame late would show what it hides

export class Veil {
  constructor(playback, data, say, signal) {
    Object.assign(this, { playback, data, say });
    this.asked = new Set();
    const { element } = playback;
    for (const name of ["timeupdate", "seeking", "seeked", "play", "loadedmetadata"]) element.addEventListener(name, () => this.look(), { signal });
    element.addEventListener("volumechange", () => { if (this.stretch && !element.muted) element.muted = true; }, { signal });
  }

  /** Whether somebody asked to see what is not shown at first: pictures are then asked for in the same way. */
  get isLifted() {
    return Boolean(this.shows) || this.asked.size > 0;
  }

  /** Whether the video is kept back; then it says so, and why. */
  holdsBack() {
    const { say, data, playback } = this;
    const [first] = data.withheld;
    if (!first || this.shows) return false;
    const words = [h("p", { role: "alert" }, say(data.owner ? (first.decided ? "player.blocked" : "player.hidden") : "player.withheld", data.owner ? { rule: first.rule, case: String(first.case) } : {}))];
    if (data.owner) words.push(h("p", { class: "actions" },
      h("a", { class: "link-button", href: `/review?case=${first.case}` }, say("player.to_case")),
      h("button", { type: "button", onclick: () => this.show() }, say("player.show_withheld"))));
    playback.over.replaceChildren(...words);
    playback.over.hidden = false;
    return true;
  }

  /** An owner wants to see it all the same. */
  show() {
    this.shows = true;
    const { playback, data } = this;
    const { links } = data;
    playback.data = { ...data, links: { ...links, media: `${links.media}?show=1`, stream: `${links.stream}?show=1`, thumb: `${links.thumb}?show=1` } };
    playback.over.hidden = true;
    playback.start(playback.wanted ?? 0);
  }

  look() {
    const { playback, data } = this;
    const now = playback.element.currentTime;
    const stretch = data.blurred.find(each => !this.asked.has(each.case) && now >= each.start_s - EARLY_S && now < each.end_s);
    if (stretch === this.stretch) return;
    if (!this.stretch) this.wasMuted = playback.element.muted;
    this.stretch = stretch;
    playback.frame.classList.toggle("veiled", Boolean(stretch));
    this.button?.remove();
    if (stretch) {
      playback.element.muted = true;
      this.button = h("button", { type: "button", class: "unveil main", onclick: () => { this.asked.add(stretch.case); this.look(); } }, this.say("player.show_blurred"));
      playback.frame.append(this.button);
    } else playback.element.muted = this.wasMuted;
  }
}
