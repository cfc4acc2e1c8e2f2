// The stretch that is to be labelled: its clip in a loop, what is known of it, and a button for each label.

import { h } from "../shared/dom.js";
import { clock, short } from "../shared/words.js";

export class StretchView {
  constructor(page) {
    Object.assign(this, { page, say: page.say, shown: null, chosen: new Set() });
    this.element = h("section", { class: "one", "aria-label": this.say("annotate.stretch") });
    this.heading = h("h2", { tabindex: "-1" });
  }

  get labels() {
    return this.page.set.labels;
  }

  get isNumber() {
    return this.page.set.task === "number";
  }

  get isSeveral() {
    return this.page.set.task === "several";
  }

  show(shown) {
    this.shown = shown;
    this.chosen = new Set(shown?.labels?.filter(label => label !== "-") ?? []);
    this.video = null;
    this.isShown = false;
    this.draw();
  }

  draw() {
    const { say, page, shown } = this;
    this.typed = null;
    if (!shown) return void this.element.replaceChildren(h("p", { class: "empty" }, say("annotate.all_labelled")), this.undoing());
    this.heading.replaceChildren(shown.title || say("annotate.untitled"), " ",
      h("span", { class: "mute" }, `${clock(shown.start_s, true)}-${clock(shown.end_s, true)}`));
    const why = { unsure: say("annotate.why_unsure"), different: say("annotate.why_different"), doubt: say("annotate.why_doubt", { label: shown.labels?.join(", ") ?? "" }) }[shown.why];
    this.element.replaceChildren(this.heading, this.clip(),
      h("p", { class: "facts mute small" }, why, why && " · ", shown.keywords?.length ? `${shown.keywords.join(", ")} · ` : "",
        h("a", { href: `/video?v=${shown.video_id}&t=${shown.start_s.toFixed(2)}` }, say("annotate.open"))),
      ...(this.isNumber ? [this.numbering()] : this.choosing()),
      h("div", { class: "buttons" },
        this.isSeveral && h("button", { type: "button", class: "main", "aria-keyshortcuts": "Enter", onclick: () => page.tried(() => this.save()) }, say("annotate.save"), h("kbd", {}, "Enter")),
        h("button", { type: "button", class: "outlined", "aria-keyshortcuts": "s", onclick: () => page.tried(() => page.keep([])) }, say("annotate.skip"), h("kbd", {}, "s")),
        this.undoing(), !this.isNumber && this.adding()),
      h("p", { class: "keys mute small" }, say(this.isNumber ? "annotate.keys_number" : "annotate.keys")));
  }

  choosing() {
    const { say, page } = this;
    return [h("div", { class: "labels", role: "group", "aria-label": say("annotate.labels") }, this.labels.map((label, at) => this.button(label, at)),
      this.isSeveral && h("button", { type: "button", class: "outlined", "aria-keyshortcuts": "-", onclick: () => page.tried(() => page.keep(["-"])) }, say("annotate.none"), h("kbd", {}, "-"))),
    this.labels.length ? "" : h("p", { class: "mute" }, say("annotate.no_label"))];
  }

  /** The field of a number, and what it may be. */
  numbering() {
    const { say, page, shown } = this;
    const { number, spread } = shown;
    const language = page.data.language;
    const guess = typeof number !== "number" ? "" : typeof spread !== "number" ? say("annotate.guess", { number: short(number, language) })
      : say("annotate.guess_spread", { number: short(number, language), spread: short(spread, language, 2) });
    this.typed = h("input", { type: "number", step: "any", class: "number", autocomplete: "off", "aria-label": say("annotate.number"), value: shown.labels?.[0] ?? "" });
    return h("form", { class: "numbering", novalidate: true, onsubmit: event => { event.preventDefault(); page.tried(() => this.keepNumber()); } },
      this.typed, h("button", { type: "submit", class: "main", "aria-keyshortcuts": "Enter" }, say("annotate.save"), h("kbd", {}, "Enter")), h("span", { class: "mute" }, guess));
  }

  /** Keep the number that was typed; the next one can be typed at once. */
  async keepNumber() {
    const number = this.typed.value;
    if (!number) return this.page.fail(this.say("annotate.number_needed"));
    await this.page.keep([number]);
    this.typed?.focus();
  }

  clip() {
    const { say, shown } = this;
    if (!this.video) {
      const [poster, src] = [shown.thumb_url, shown.preview_url].map(address => asItMay(address, shown.effect, this.isShown));
      this.video = h("video", { playsinline: true, loop: true, muted: true, controls: true, preload: "auto", "aria-label": say("annotate.clip"), poster, src });
      this.video.muted = true;
      const isCovered = shown.effect !== "none" && !this.isShown;
      if (!isCovered && !matchMedia("(prefers-reduced-motion: reduce)").matches) this.video.play().catch(() => {});
    }
    this.frame = h("div", { class: "clip" }, this.video, this.moderated());
    return this.frame;
  }

  /** What moderation does with the stretch, in words, and a button that shows it all the same. */
  moderated() {
    const { say, shown } = this;
    if (shown.effect === "none") return "";
    this.showing = h("button", { type: "button", class: "outlined", "aria-pressed": String(this.isShown), "aria-keyshortcuts": "v", onclick: () => this.toggle() },
      say(this.isShown ? "annotate.blur" : "annotate.show"), h("kbd", {}, "v"));
    return h("p", { class: "moderated" }, h("span", {}, say(`annotate.effect_${shown.effect}`)), this.showing);
  }

  /** Show what moderation withholds or blurs as it is, or blurred again. */
  toggle() {
    if (!this.shown || this.shown.effect === "none") return;
    this.isShown = !this.isShown;
    this.video = null;
    const before = this.frame;
    before.replaceWith(this.clip());
    this.showing.focus();
  }

  button(label, at) {
    const { page, shown } = this;
    const key = at < 10 ? String((at + 1) % 10) : "";
    const chance = shown.guesses.find(guess => guess.label === label)?.chance;
    return h("button", { type: "button", class: "label", "aria-keyshortcuts": key || null, "aria-pressed": this.isSeveral ? String(this.chosen.has(label)) : null, onclick: () => page.tried(() => this.press(label)) },
      key && h("kbd", {}, key), h("span", {}, label), chance === undefined ? "" : h("span", { class: "mute small" }, this.say("annotate.chance", { percent: Math.round(100 * chance) })));
  }

  undoing() {
    const { page, say } = this;
    return h("button", { type: "button", class: "outlined", "aria-keyshortcuts": "u", onclick: () => page.tried(() => page.undo()) }, say("annotate.undo"), h("kbd", {}, "u"));
  }

  adding() {
    const { page, say } = this;
    const typed = h("input", { type: "text", maxlength: "80", autocomplete: "off", "aria-label": say("annotate.new_label"), placeholder: say("annotate.new_label") });
    return h("form", { class: "adding", onsubmit: event => {
      event.preventDefault();
      const label = typed.value.trim();
      if (label) page.tried(() => page.addLabel(label));
    } }, typed, h("button", { type: "submit", class: "outlined" }, say("annotate.add")));
  }

  /** A label was chosen: it is kept, or of several labels one more or less. */
  async press(label) {
    if (!this.isSeveral) return this.page.keep([label]);
    if (!this.chosen.delete(label)) this.chosen.add(label);
    this.draw();
    [...this.element.querySelectorAll(".label")].find(each => each.children[1]?.textContent === label)?.focus();
  }

  async save() {
    if (!this.chosen.size) return this.page.fail(this.say("annotate.choose_some"));
    return this.page.keep([...this.chosen]);
  }
}

/** The address of a picture or preview: of what moderation withholds or blurs blurred, or as it is once it was asked for. */
export function asItMay(address, effect, isShown) {
  return effect === "none" ? address : `${address}${address.includes("?") ? "&" : "?"}show=${isShown ? "1" : "blurred"}`;
}
