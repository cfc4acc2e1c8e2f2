// Two handles that choose a stretch: set by buttons and keys, moved by drag and arrows, drawn to shots with Shift.

import { h } from "../shared/dom.js";
import { decimals } from "../shared/words.js";

const LEAST_S = 0.1;
const STEPS = { ArrowLeft: -0.1, ArrowDown: -0.1, ArrowRight: 0.1, ArrowUp: 0.1, PageDown: -1, PageUp: 1 };
const TOLD_AFTER_MS = 400;
const SNAPS_PX = 12;

export class Handles {
  constructor(timeline, onChosen, signal) {
    this.timeline = timeline;
    this.onChosen = onChosen;
    this.stretch = { start_s: null, end_s: null };
    this.band = h("i", { class: "band", hidden: true });
    this.ends = ["start", "end"].map(which => this.handle(which, signal));
    this.root = h("div", { class: "handles" }, this.band, this.ends);
    signal.addEventListener("abort", () => clearTimeout(this.timer), { once: true });
  }

  get isChosen() {
    return this.stretch.start_s !== null || this.stretch.end_s !== null;
  }

  get length() {
    return this.timeline.length;
  }

  handle(which, signal) {
    const made = h("button", { type: "button", class: `handle ${which}`, role: "slider", hidden: true,
      "aria-label": this.timeline.say(`timeline.${which}`), "aria-valuemin": "0" });
    made.addEventListener("pointerdown", event => this.drag(event, which, made), { signal });
    made.addEventListener("keydown", event => this.key(event, which), { signal });
    made.addEventListener("click", event => event.preventDefault(), { signal });
    return made;
  }

  /** As the address has them; whoever is moving one now has the last word. */
  set(start_s, end_s) {
    if (this.isMoving) return void this.draw();
    this.stretch = { start_s: start_s ?? null, end_s: end_s ?? null };
    this.draw();
  }

  /** Set one end; the other gives way where the two would cross. */
  choose(change) {
    this.stretch = this.fitted({ ...this.stretch, ...change }, "start_s" in change);
    this.draw();
    this.tell();
  }

  clear() {
    if (!this.isChosen) return;
    this.stretch = { start_s: null, end_s: null };
    this.draw();
    this.tell();
  }

  fitted({ start_s, end_s }, startWins) {
    const within = at => (at === null ? null : Math.min(this.length, Math.max(0, at)));
    start_s = within(start_s);
    end_s = within(end_s);
    if (startWins && start_s !== null) start_s = Math.min(start_s, this.length - LEAST_S);
    if (!startWins && end_s !== null) end_s = Math.max(end_s, LEAST_S);
    if (start_s !== null && end_s !== null && end_s - start_s < LEAST_S) {
      if (startWins) end_s = null;
      else start_s = null;
    }
    return { start_s, end_s };
  }

  place(which) {
    return which === "start" ? (this.stretch.start_s ?? 0) : (this.stretch.end_s ?? this.length);
  }

  /** Move one end; it stops before the other. */
  move(which, to_s) {
    this.isMoving = true; // until it is told
    if (which === "start") this.stretch.start_s = Math.min(Math.max(0, to_s), this.place("end") - LEAST_S);
    else this.stretch.end_s = Math.max(Math.min(this.length, to_s), this.place("start") + LEAST_S);
    this.draw();
  }

  drag(event, which, handle) {
    if (event.button > 0) return;
    event.preventDefault();
    event.stopPropagation();
    handle.focus({ preventScroll: true });
    handle.setPointerCapture(event.pointerId);
    const after = new AbortController();
    const on = (name, run) => handle.addEventListener(name, run, { signal: after.signal });
    on("pointermove", each => this.move(which, this.snapped(this.timeline.timeAt(each), each.shiftKey)));
    for (const name of ["pointerup", "pointercancel"]) on(name, () => { after.abort(); this.tell(); });
  }

  /** With Shift a place near a shot is the shot. */
  snapped(at_s, isSnapping) {
    if (!isSnapping) return at_s;
    const near_s = (SNAPS_PX / this.timeline.strip.getBoundingClientRect().width) * this.length;
    const nearest = this.shots().reduce((best, cut) => (Math.abs(cut - at_s) < Math.abs(best - at_s) ? cut : best), Infinity);
    return Math.abs(nearest - at_s) <= near_s ? nearest : at_s;
  }

  shots() {
    return [0, ...this.timeline.data.cuts, this.length];
  }

  key(event, which) {
    if (event.ctrlKey || event.altKey || event.metaKey || !(event.key in STEPS)) return;
    event.preventDefault();
    event.stopPropagation();
    const at_s = this.place(which);
    const by_s = STEPS[event.key];
    if (event.shiftKey) {
      const shots = this.shots();
      const to = by_s > 0 ? shots.find(cut => cut > at_s + 1e-3) : shots.findLast(cut => cut < at_s - 1e-3);
      if (to !== undefined) this.move(which, to);
    } else this.move(which, at_s + by_s);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell(), TOLD_AFTER_MS);
  }

  tell() {
    clearTimeout(this.timer);
    this.isMoving = false;
    this.onChosen(this.stretch);
  }

  draw() {
    const percent = at_s => `${((100 * at_s) / this.length).toFixed(3)}%`;
    this.band.hidden = !this.isChosen;
    this.band.style.left = percent(this.place("start"));
    this.band.style.right = `calc(100% - ${percent(this.place("end"))})`;
    for (const [handle, which] of this.ends.map((each, n) => [each, n ? "end" : "start"])) {
      handle.hidden = !this.isChosen;
      handle.style.left = percent(this.place(which));
      handle.setAttribute("aria-valuemax", this.length.toFixed(1));
      handle.setAttribute("aria-valuenow", this.place(which).toFixed(1));
      handle.setAttribute("aria-valuetext", `${decimals(this.place(which), this.timeline.say.language, 1)} s`);
    }
    this.timeline.describe?.();
  }
}
