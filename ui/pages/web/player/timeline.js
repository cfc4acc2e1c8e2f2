// The film strip with the line of scores, shots, moments, two handles and the play head.

import { h } from "../shared/dom.js";
import { clock, decimals, span } from "../shared/words.js";
import { Handles } from "./handles.js";

const SVG = "http://www.w3.org/2000/svg";
const FRAMES = 24;
const FEWEST = 4;
const SHAPE = 16 / 9;
const MOST_TICKS = 400;
const percent = (at_s, length_s) => `${(100 * Math.min(1, Math.max(0, at_s / (length_s || 1)))).toFixed(3)}%`;

export class Timeline {
  constructor(playback, say, { onChosen }, signal) {
    this.playback = playback;
    this.say = say;
    this.signal = signal;
    this.data = { cuts: [], heights: [], step_s: 1, moments: [] };
    this.cells = h("div", { class: "cells" });
    this.marks = h("div", { class: "marks" });
    this.head = h("i", { class: "head" });
    this.seeker = h("div", { class: "seeker", role: "slider", tabindex: "0", "aria-label": say("timeline.seek"), "aria-valuemin": "0" });
    this.hint = h("div", { class: "hint", hidden: true }, h("i"), h("span"));
    this.handles = new Handles(this, onChosen, signal);
    this.strip = h("div", { class: "film" }, this.cells, this.marks, this.seeker, this.handles.root, this.head, this.hint);
    this.moments = h("ul", { class: "moments" });
    this.clip = h("p", { class: "clip-text mute small", role: "status" });
    this.root = h("section", { class: "timeline", "aria-label": say("timeline.name") }, this.strip, this.moments, this.clip);
    this.listen();
  }

  get length() {
    return this.playback.length || 1;
  }

  get stretch() {
    return this.handles.stretch;
  }

  get isChosen() {
    return this.handles.isChosen;
  }

  listen() {
    const { signal, seeker } = this;
    const video = this.playback.element;
    const on = (target, name, run) => target.addEventListener(name, run, { signal });
    for (const name of ["timeupdate", "seeking", "seeked"]) on(video, name, () => this.headMoved());
    on(video, "measured", () => this.draw());
    on(video, "playing", () => this.follow());
    on(seeker, "pointerdown", event => this.scrub(event));
    on(seeker, "pointermove", event => this.showHint(event));
    on(seeker, "pointerleave", () => { this.hint.hidden = true; });
    on(seeker, "keydown", event => this.key(event));
    const resized = new ResizeObserver(() => this.drawCells());
    resized.observe(this.strip);
    signal.addEventListener("abort", () => resized.disconnect(), { once: true });
  }

  show(data, asked, strip) {
    this.data = data;
    this.strip_href = strip;
    this.handles.set(asked.start_s, asked.end_s);
    this.draw();
  }

  draw() {
    const { say, data, length } = this;
    this.marks.replaceChildren(...this.line(), ...data.cuts.slice(0, MOST_TICKS).map(cut => {
      const tick = h("i", { class: "cut" });
      tick.style.left = percent(cut, length);
      return tick;
    }));
    this.moments.replaceChildren(...data.moments.map(moment => {
      const name = say("timeline.moment", { start: clock(moment.start_s), end: clock(moment.end_s), n: moment.match });
      const box = h("button", { type: "button", class: "moment", "aria-label": name, title: name, onclick: () => this.playback.seek(moment.start_s) },
        h("span", { "aria-hidden": "true" }, clock(moment.start_s)));
      box.style.left = percent(moment.start_s, length);
      box.style.width = percent(moment.end_s - moment.start_s, length);
      box.style.setProperty("--strength", String(moment.match / 5));
      return h("li", {}, box);
    }));
    this.drawCells();
    this.headMoved();
    this.handles.draw();
    this.describe();
  }

  /** Frames of the strip, as many as have room; each cell shows the middle of its frame. */
  drawCells() {
    const box = this.strip.getBoundingClientRect();
    if (!box.width || !this.strip_href) return;
    const frame_px = box.height * SHAPE;
    const n = Math.max(FEWEST, Math.min(FRAMES, Math.ceil(box.width / frame_px)));
    const cell_px = box.width / n;
    const wide_px = Math.max(frame_px, cell_px);
    this.frame_px = frame_px;
    this.cells.replaceChildren(...Array.from({ length: n }, (_, k) => {
      const at = Math.min(FRAMES - 1, Math.floor(((k + 0.5) / n) * FRAMES));
      const cell = h("i");
      cell.style.backgroundImage = `url("${this.strip_href}")`;
      cell.style.backgroundSize = `${FRAMES * wide_px}px ${wide_px / SHAPE}px`;
      cell.style.backgroundPosition = `${-(at * wide_px) - (wide_px - cell_px) / 2}px 50%`;
      return cell;
    }));
  }

  line() {
    const { heights, step_s } = this.data;
    if (!heights.length) return [];
    const drawing = document.createElementNS(SVG, "svg");
    drawing.setAttribute("viewBox", `0 0 ${this.length} 1`);
    drawing.setAttribute("preserveAspectRatio", "none");
    drawing.setAttribute("class", "scores");
    drawing.setAttribute("aria-hidden", "true");
    const path = document.createElementNS(SVG, "polyline");
    const points = heights.map((height, k) => `${Math.min(this.length, (k + 0.5) * step_s)},${(0.95 - 0.9 * height).toFixed(3)}`);
    const edge = height => (0.95 - 0.9 * height).toFixed(3);
    path.setAttribute("points", [`0,${edge(heights[0])}`, ...points, `${this.length},${edge(heights.at(-1))}`].join(" "));
    drawing.append(path);
    return [drawing];
  }

  headMoved() {
    const now = this.playback.now;
    this.head.style.left = percent(now, this.length);
    this.seeker.setAttribute("aria-valuemax", this.length.toFixed(1));
    this.seeker.setAttribute("aria-valuenow", now.toFixed(1));
    this.seeker.setAttribute("aria-valuetext", this.say("timeline.at", { at: clock(now), length: clock(this.length) }));
  }

  /** `timeupdate` comes four times a second: while it plays the head moves with every picture. */
  follow() {
    const video = this.playback.element;
    const step = () => {
      this.headMoved();
      if (!video.paused && !video.ended && !this.signal.aborted) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  timeAt(event) {
    const box = this.strip.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * this.length;
  }

  scrub(event) {
    if (event.button > 0) return;
    event.preventDefault();
    this.seeker.focus({ preventScroll: true });
    this.seeker.setPointerCapture(event.pointerId);
    const go = each => this.playback.seek(this.timeAt(each));
    const after = new AbortController();
    const on = (name, run) => this.seeker.addEventListener(name, run, { signal: after.signal });
    on("pointermove", go);
    for (const name of ["pointerup", "pointercancel"]) on(name, () => after.abort());
    go(event);
  }

  showHint(event) {
    const at_s = this.timeAt(event);
    const [picture, text] = this.hint.children;
    const at = Math.min(FRAMES - 1, Math.floor((at_s / this.length) * FRAMES));
    picture.style.backgroundImage = `url("${this.strip_href}")`;
    picture.style.backgroundPosition = `${-160 * at}px 0`;
    text.replaceChildren(clock(at_s, this.length < 20));
    this.hint.style.left = `clamp(80px, ${percent(at_s, this.length)}, calc(100% - 80px))`;
    this.hint.hidden = event.pointerType === "touch";
  }

  key(event) {
    const far = { PageUp: -10, PageDown: 10, Home: -Infinity, End: Infinity }[event.key];
    const near = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1 }[event.key];
    if (event.shiftKey || event.ctrlKey || event.altKey || event.metaKey || (far ?? near) === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const to = this.playback.now + (far ?? near);
    this.playback.seek(Math.min(this.length, Math.max(0, to)));
  }

  goToMoment(by) {
    const starts = this.data.moments.length ? this.data.moments.map(each => each.start_s) : [0, ...this.data.cuts];
    const now = this.playback.now;
    const to = by > 0 ? starts.find(at => at > now + 0.3) : starts.findLast(at => at < now - 1);
    if (to !== undefined) this.playback.seek(to);
  }

  setStart() {
    this.handles.choose({ start_s: this.playback.now });
  }

  setEnd() {
    this.handles.choose({ end_s: this.playback.now });
  }

  clear() {
    this.handles.clear();
  }

  describe() {
    const { start_s, end_s } = this.stretch;
    const from_s = start_s ?? 0;
    const to_s = end_s ?? this.length;
    const tenths = at_s => decimals(at_s, this.say.language, 1);
    this.clip.replaceChildren(...(this.isChosen ? [
      this.say("timeline.clip", { start: tenths(from_s), end: tenths(to_s), length: tenths(to_s - from_s) }), " ",
      h("button", { type: "button", class: "plain", onclick: () => this.clear() }, this.say("timeline.clear")),
    ] : [h("span", { class: "keys" }, this.say("timeline.how"))]));
    this.clip.title = span(from_s, to_s, this.length);
  }
}
