// One case: its clip, blurred and without sound until somebody asks; what its rule says; what was done.

import { h } from "../shared/dom.js";
import { follow } from "../shared/go.js";
import { keepFocus } from "../shared/focus.js";
import { clock, decimals, short } from "../shared/words.js";
import { logTable } from "./log.js";

export class CaseView {
  constructor(page) {
    Object.assign(this, { page, say: page.say, found: null });
    this.element = h("section", { class: "one", "aria-label": this.say("review.case") });
    this.why = h("input", { type: "text", maxlength: "2000", "aria-label": this.say("review.why"), placeholder: this.say("review.why") });
    this.relabel = h("select", { "aria-label": this.say("review.relabel") });
    this.heading = h("h2", { tabindex: "-1" });
  }

  show(found) {
    keepFocus(() => this.draw(found), this.heading);
  }

  draw(found) {
    const { say, page } = this;
    this.found = found;
    this.isShown = false;
    this.why.value = "";
    if (!found) return void this.element.replaceChildren(h("p", { class: "mute" }, say("review.choose")), this.keys());
    this.heading.textContent = say("review.heading", { case: String(found.id), rule: found.label });
    this.relabel.replaceChildren(h("option", { value: "" }, say("review.relabel_to")),
      ...(page.policy?.rules ?? []).filter(rule => rule.name !== found.label).map(rule => h("option", { value: rule.name }, rule.name)));
    this.relabel.onchange = () => this.relabel.value && page.tried(() => page.decide("relabel", { label: this.relabel.value }));
    const button = (verb, key, className = "outlined") => h("button", { type: "button", class: className, "aria-keyshortcuts": key, onclick: () => page.tried(() => page.decide(verb)) }, say(`review.${verb}`), key && h("kbd", {}, key));
    this.element.replaceChildren(this.heading, this.picture(),
      h("p", { class: "mute small" }, h("a", { href: `/video?v=${found.video_id}&t=${found.start_s.toFixed(2)}` }, found.title || found.file), ` ${clock(found.start_s, true)}-${clock(found.end_s, true)}`),
      this.policy(),
      h("label", { class: "reason" }, h("span", { class: "small" }, say("review.why")), this.why),
      h("div", { class: "buttons" }, button("allow", "a", "main"), button("block", "b", "danger"), button("unsure", ""), this.relabel,
        h("button", { type: "button", class: "outlined", "aria-keyshortcuts": "n", onclick: () => page.tried(() => page.next()) }, say("review.skip"), h("kbd", {}, "n"))),
      h("div", { class: "buttons" }, found.decided_by || found.appealed ? h("button", { type: "button", class: "outlined", onclick: () => page.tried(() => page.undo(found.id)) }, say("review.undo")) : "",
        ["allowed", "blocked"].includes(found.state) && !found.appealed ? h("button", { type: "button", class: "outlined", onclick: () => page.tried(() => page.appeal()) }, say("review.appeal")) : ""),
      h("h3", {}, say("review.history")), logTable(found.log, say, page.data.language), this.keys());
  }

  /** There is no case of the number that the address has. */
  showNone(number) {
    const { say } = this;
    this.found = null;
    this.element.replaceChildren(h("p", { role: "status" }, say("review.no_case", { case: number })),
      h("p", {}, h("a", { class: "link", href: "/review", onclick: follow }, say("review.to_queue"))));
  }

  /** What the rule says, beside the case. */
  policy() {
    const { say, found } = this;
    const fact = (name, value) => [h("dt", {}, say(`review.${name}`)), h("dd", {}, value)];
    return h("dl", { class: "policy" },
      fact("rule", `${found.label}${found.action ? ` (${say(`review.does_${found.action}`)})` : ` (${say("review.rule_gone")})`}`),
      found.about ? fact("about", found.about) : "", found.owner ? fact("owner", found.owner) : "",
      fact("score", say("review.score_of", { score: decimals(found.score, say.language), threshold: short(found.threshold, say.language), version: String(found.policy) })),
      fact("now", say(`review.effect_${found.effect}`)));
  }

  picture() {
    const { say, found } = this;
    const how = this.isShown ? "1" : "blurred";
    const and = found.preview_url.includes("?") ? "&" : "?";
    this.video = h("video", { playsinline: true, loop: true, muted: true, controls: true, preload: "none", "aria-label": say("review.clip"),
      poster: `${found.thumb_url}&show=${how}`, src: `${found.preview_url}${and}show=${how}` });
    this.video.muted = true;
    this.button = h("button", { type: "button", class: "outlined", "aria-pressed": String(this.isShown), "aria-keyshortcuts": "v", onclick: () => this.toggle() },
      say(this.isShown ? "review.blur" : "review.show"), h("kbd", {}, "v"));
    this.frame = h("div", { class: "clip" }, this.video, this.button);
    return this.frame;
  }

  /** Show the clip as it is, or blurred again. */
  toggle() {
    if (!this.found) return;
    this.isShown = !this.isShown;
    const before = this.frame;
    before.replaceWith(this.picture());
    this.button.focus();
    if (this.isShown) this.video.play().catch(() => {});
  }

  keys() {
    return h("p", { class: "keys mute small" }, this.say("review.keys"));
  }
}
