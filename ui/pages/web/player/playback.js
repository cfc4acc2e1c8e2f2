// The picture and its sound: the file itself where the browser plays it, else a converted stream.

import { h } from "../shared/dom.js";
import { keepFocus } from "../shared/focus.js";
import { fileNow } from "./presence.js";
import { Stream } from "./stream.js";
import { Veil } from "./veil.js";

const TOLD_MS = 6000;
const WAITS_MS = 1500;
const ASKS_AGAIN_MS = 2000;

export class Playback {
  constructor(data, say, signal) {
    this.data = data;
    this.say = say;
    this.signal = signal;
    this.length = data.video.duration_s;
    this.element = h("video", { playsinline: true, preload: "metadata", tabindex: "-1", "aria-label": say("player.name", { title: data.video.title }) });
    this.caption = h("p", { class: "caption", hidden: true });
    this.note = h("div", { class: "note", role: "status", hidden: true });
    this.over = h("div", { class: "over", hidden: true });
    this.frame = h("section", { class: "picture-frame", "aria-label": say("player.name", { title: data.video.title }) },
      this.element, this.caption, this.note, this.over);
    this.frame.style.setProperty("--shape", String(this.shape()));
    this.veil = new Veil(this, data, say, signal);
    this.over.before(this.veil.notice);
    this.on("click", () => { if (!this.element.controls) this.toggle(); });
    this.on("error", () => this.failed());
    this.on("loadedmetadata", () => this.measured());
    this.on("play", () => document.dispatchEvent(new CustomEvent("reelwise:play", { detail: this.frame })));
    document.addEventListener("reelwise:play", event => { if (event.detail !== this.frame) this.element.pause(); }, { signal });
  }

  on(name, run) {
    this.element.addEventListener(name, run, { signal: this.signal });
  }

  /** Width over height; portrait pictures stand between bars and are never cut. */
  shape() {
    const { width_px, height_px } = this.data.video;
    return width_px && height_px ? width_px / height_px : 16 / 9;
  }

  get now() {
    return this.element.currentTime;
  }

  /** Begin with the file, or with the stream where the file cannot be played. */
  start(at_s) {
    const { video, links } = this.data;
    this.wanted = at_s;
    clearTimeout(this.asking);
    if (video.gone) return this.tellGone();
    this.uncover();
    this.stream?.close();
    this.stream = null;
    const poster_s = Math.min(at_s || video.picture_s, this.length);
    if (this.veil.hides(poster_s)) this.element.removeAttribute("poster");
    else this.element.poster = `${links.thumb}${links.thumb.includes("?") ? "&" : "?"}t=${poster_s.toFixed(2)}`;
    if (video.plays && !this.veil.withholds) this.element.src = links.media + (at_s ? `#t=${at_s.toFixed(2)}` : "");
    else this.convert(at_s);
  }

  /** Play the converted version from a time on. */
  convert(at_s = this.element.currentTime || 0) {
    const codec = this.data.video.codec.toUpperCase();
    const told = this.veil.withholds ? ["player.partly", "player.partly", "player.partly"] : ["player.converting", "player.converted", "player.converted_silent"];
    const [making, whole, silent] = told.map(each => this.say(each, { codec }));
    this.uncover();
    this.tell(making, 0);
    this.stream?.close();
    this.stream = new Stream(this.element, this.data.links.stream, {
      onFirst: () => this.tell(this.stream.hasSound ? whole : silent, TOLD_MS),
      onFailed: reason => this.broke(reason || this.say("player.damaged")),
      onLost: () => this.tell(this.say("player.network"), 0),
    });
    this.stream.open(at_s);
  }

  /** Run something once the first frame is there, or soon where none comes. */
  whenShown(run) {
    if (this.element.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) return run();
    const once = new AbortController();
    const signal = AbortSignal.any([once.signal, this.signal]);
    const go = () => { once.abort(); run(); };
    this.element.addEventListener("loadeddata", go, { signal });
    const timer = setTimeout(go, WAITS_MS);
    signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
  }

  measured() {
    const { duration } = this.element;
    if (Number.isFinite(duration) && duration > 0 && !this.stream) this.length = duration;
    const { videoWidth, videoHeight } = this.element;
    if (videoWidth && videoHeight) this.frame.style.setProperty("--shape", String(videoWidth / videoHeight));
    this.element.dispatchEvent(new CustomEvent("measured"));
  }

  seek(to_s) {
    const end_s = Math.max(0, this.length - 0.05);
    this.element.currentTime = Math.min(Math.max(0, to_s), end_s);
  }

  toggle() {
    if (!this.element.paused) return this.element.pause();
    if (this.element.ended) this.seek(0);
    return this.element.play().catch(() => {});
  }

  tell(text, stays_ms) {
    clearTimeout(this.timer);
    this.note.hidden = !text;
    this.note.replaceChildren(text);
    if (stays_ms) this.timer = setTimeout(() => { this.note.hidden = true; }, stays_ms);
  }

  failed() {
    const { error } = this.element;
    if (!error || error.code === MediaError.MEDIA_ERR_ABORTED) return;
    this.broke(this.say("player.damaged"), error.code === MediaError.MEDIA_ERR_NETWORK);
  }

  /** It plays no further: a browser does not tell a file that is gone from one that it cannot play. */
  async broke(reason, isCut = false) {
    const { stream, element } = this;
    const [at_s, isPlaying] = [element.currentTime || this.wanted || 0, !element.paused];
    const now = await this.fileNow();
    if (this.signal.aborted || stream !== this.stream) return;
    if (now === "gone") return this.tellGone();
    if (stream && now !== "away") return this.cannot(reason);
    if (now !== "away" && !(isCut && at_s !== this.cutAt)) return this.convert(at_s);
    this.cutAt = at_s; // a file that is cut here again is converted
    this.waitFor(at_s, isPlaying);
  }

  fileNow() {
    const { links } = this.data;
    return fileNow(this.veil.withholds ? links.stream : links.media, this.signal);
  }

  /** The server does not answer: it is asked until it does. */
  waitFor(at_s, isPlaying) {
    this.cannot(this.say("player.network"), false);
    clearTimeout(this.asking);
    this.asking = setTimeout(async () => {
      const now = await this.fileNow();
      if (this.signal.aborted) return;
      if (now === "away") this.waitFor(at_s, isPlaying);
      else if (now === "gone") this.tellGone();
      else this.again(at_s, isPlaying);
    }, ASKS_AGAIN_MS);
  }

  /** Go on where it stopped. */
  again(at_s, isPlaying) {
    this.start(at_s);
    if (isPlaying) this.element.play().catch(() => {});
  }

  cannot(reason, canDownload = true) {
    this.tell("", 0);
    this.over.replaceChildren(
      h("p", { role: "alert" }, this.say("player.cannot", { reason })),
      canDownload && h("p", { class: "actions" },
        h("a", { class: "link-button", href: this.data.links.media, download: this.data.video.file_name }, this.say("player.download_file"))) || "");
    this.over.hidden = false;
  }

  /** Show the picture; who pressed something above it stands on it. */
  uncover() {
    keepFocus(() => { this.over.hidden = true; }, this.element);
  }

  /** The file is not there; who has put it back need not load the page anew. */
  tellGone() {
    this.tell("", 0);
    const at_s = this.element.currentTime || this.wanted || 0;
    const told = h("p", { role: "alert" }, this.say("player.gone"));
    clearTimeout(this.asking);
    const look = async () => {
      const now = await this.fileNow();
      if (this.signal.aborted) return;
      if (now !== "there") return void told.replaceChildren(this.say(now === "away" ? "player.network" : "player.gone"));
      this.data.video.gone = false;
      this.start(at_s);
      this.element.dispatchEvent(new CustomEvent("returned"));
    };
    this.over.replaceChildren(told, h("p", { class: "actions" }, h("button", { type: "button", class: "main", onclick: look }, this.say("player.look_again"))));
    this.over.hidden = false;
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.asking);
    this.element.pause();
    this.stream?.close();
    this.element.removeAttribute("src");
    this.element.load();
  }
}
