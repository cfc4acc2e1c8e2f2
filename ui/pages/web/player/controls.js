// The row under the picture: play, time, the clip's actions, speed, sound, captions, full screen.

import { h, icon } from "../shared/dom.js";
import { openMenu } from "../shared/menu.js";
import { clock } from "../shared/words.js";

const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];
const JUMP_S = 5;
const KEPT = "reelwise:player";

function kept() {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "{}");
  } catch {
    return {};
  }
}

function keep(changes) {
  localStorage.setItem(KEPT, JSON.stringify({ ...kept(), ...changes }));
}

export class Controls {
  constructor(page, signal) {
    this.page = page;
    this.video = page.playback.element;
    this.signal = signal;
    const { say } = page;
    const button = (name, run, ...inside) => h("button", { type: "button", "aria-label": name, title: name, onclick: run }, ...inside);
    const jump = (by_s, text, name) => h("button", { type: "button", class: "jump", "aria-label": name, title: name, onclick: () => this.jump(by_s) }, text);
    this.play = button(say("player.play"), () => page.playback.toggle());
    this.play.classList.add("main", "round");
    this.time = h("span", { class: "time" });
    this.speed = button(say("player.speed"), () => this.openSpeeds());
    this.sound = button(say("player.mute"), () => this.mute());
    this.loud = h("input", { type: "range", min: "0", max: "1", step: "0.05", class: "loud", "aria-label": say("player.volume"), oninput: () => this.louder() });
    this.captions = button(say("player.captions"), () => this.toggleCaptions(), "CC");
    this.full = button(say("player.full"), () => this.fullScreen(), icon("full"));
    this.clip = [
      h("button", { type: "button", onclick: () => page.timeline.setStart() }, say("timeline.set_start")),
      h("button", { type: "button", onclick: () => page.timeline.setEnd() }, say("timeline.set_end")),
      h("button", { type: "button", onclick: () => page.similar() }, say("timeline.similar")),
      h("button", { type: "button", onclick: () => page.save() }, say("timeline.save")),
    ];
    this.more = h("button", { type: "button", "aria-haspopup": "menu", "aria-expanded": "false", onclick: () => this.openClip() }, say("timeline.actions"));
    this.chosen = h("p", { class: "chosen mute small", role: "status" });
    this.root = h("div", { class: "controls", role: "group", "aria-label": say("player.controls") },
      this.play, jump(-JUMP_S, "−5", say("player.back")), jump(JUMP_S, "+5", say("player.on")), this.time,
      h("span", { class: "clip-actions" }, this.clip), h("span", { class: "has-menu clip-menu" }, this.more),
      h("span", { class: "has-menu" }, this.speed), this.sound, this.loud, this.captions, this.full);
    this.listen();
  }

  listen() {
    const { video, page } = this;
    const on = (name, run) => video.addEventListener(name, run, { signal: this.signal });
    for (const name of ["play", "pause", "ended"]) on(name, () => this.playChanged());
    for (const name of ["timeupdate", "seeking", "measured", "loadedmetadata"]) on(name, () => this.timeChanged());
    for (const name of ["volumechange", "ratechange"]) on(name, () => this.soundChanged());
    on("timeupdate", () => this.caption());
    on("dblclick", () => this.fullScreen());
    document.addEventListener("fullscreenchange", () => this.fullChanged(), { signal: this.signal });
    const { speed = 1, volume = 1, muted = false, captions } = kept();
    this.wantsCaptions = captions;
    video.playbackRate = speed;
    video.defaultPlaybackRate = speed;
    video.volume = volume;
    video.muted = muted;
    this.playChanged();
    this.timeChanged();
    this.soundChanged();
    this.fullChanged();
  }

  playChanged() {
    const { say } = this.page;
    const isPaused = this.video.paused;
    this.name(this.play, say(isPaused ? "player.play" : "player.pause"));
    this.play.replaceChildren(icon(isPaused ? "play" : "pause"), h("span", {}, say(isPaused ? "player.play" : "player.pause")));
  }

  timeChanged() {
    const { now, length } = this.page.playback;
    this.time.replaceChildren(`${clock(now)} / ${clock(length)}`);
  }

  soundChanged() {
    const { say } = this.page;
    const isSilent = this.video.muted || this.video.volume === 0;
    this.name(this.sound, say(isSilent ? "player.unmute" : "player.mute"));
    this.sound.replaceChildren(icon(isSilent ? "silent" : "sound"));
    this.loud.value = this.video.muted ? 0 : this.video.volume;
    const speed = `${this.video.playbackRate}×`;
    this.speed.replaceChildren(speed);
    this.name(this.speed, say("player.speed_is", { speed }));
    this.speed.setAttribute("aria-haspopup", "menu");
    const shows = this.showsCaptions();
    this.captions.setAttribute("aria-pressed", String(shows));
    this.caption();
  }

  /** In full screen the browser's own controls serve: ours lie outside of the picture. */
  fullChanged() {
    const isFull = this.isFull;
    this.video.controls = isFull;
    this.name(this.full, this.page.say(isFull ? "player.leave_full" : "player.full"));
  }

  get isFull() {
    return this.page.playback.frame.matches(":fullscreen");
  }

  name(button, text) {
    button.setAttribute("aria-label", text);
    button.title = text;
  }

  jump(by_s) {
    this.page.playback.seek(this.page.playback.now + by_s);
  }

  openSpeeds() {
    openMenu(this.speed, SPEEDS.map(speed => ({ text: `${speed}×`, run: () => this.faster(speed) })), this.page.say("player.speed"));
  }

  faster(speed) {
    this.video.playbackRate = speed;
    keep({ speed });
  }

  mute() {
    this.video.muted = !this.video.muted;
    keep({ muted: this.video.muted });
  }

  louder() {
    this.video.volume = Number(this.loud.value);
    this.video.muted = this.video.volume === 0;
    keep({ volume: this.video.volume || 1, muted: this.video.muted });
  }

  /** On where they were asked for, else where the sound is off. */
  showsCaptions() {
    return this.wantsCaptions ?? (this.video.muted || this.video.volume === 0);
  }

  toggleCaptions() {
    this.wantsCaptions = !this.showsCaptions();
    keep({ captions: this.wantsCaptions });
    this.soundChanged();
  }

  caption() {
    const place = this.page.playback.caption;
    const lines = this.showsCaptions() ? this.page.lines.saidAt(this.video.currentTime) : [];
    place.hidden = !lines.length;
    place.replaceChildren(lines.map(line => line.text).join("\n"));
  }

  fullScreen() {
    if (this.isFull) document.exitFullscreen();
    else this.page.playback.frame.requestFullscreen?.().catch(() => this.video.webkitEnterFullscreen?.());
  }

  /** The four actions of the clip, where there is no room for a row of buttons. */
  openClip() {
    openMenu(this.more, this.clip.map(each => ({ text: each.textContent, run: () => each.click() })), this.page.say("timeline.actions"));
  }

  stretchChanged() {
    this.page.timeline.describe();
  }
}
