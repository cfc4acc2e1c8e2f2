// The queue: cases by state and rule, the oldest or the worst first.

import { h } from "../shared/dom.js";
import { get } from "../shared/api.js";
import { keepFocus } from "../shared/focus.js";
import { clock, decimals } from "../shared/words.js";
import { openLearn } from "./learn.js";
import { PolicyView } from "./policy.js";

const PAGE = 50;
const STATES = ["waiting", "unsure", "appealed", "blocked", "allowed", "withdrawn", "all"];

export class QueueView {
  constructor(page) {
    Object.assign(this, { page, say: page.say, state: "waiting", order: "oldest", rule: "" });
    this.element = h("section", { class: "queue", "aria-label": this.say("review.queue") });
    this.cases = [];
    this.policy = new PolicyView(page);
  }

  async show() {
    this.policy.draw();
    this.found = await this.ask(0);
    this.cases = this.found.items;
    keepFocus(() => this.draw());
  }

  /** Whether there is a policy, or there are cases of one. */
  get isInUse() {
    return Boolean(this.page.policy) || Object.values(this.found.counts).some(Boolean);
  }

  ask(offset) {
    const asked = new URLSearchParams({ state: this.state, order: this.order, k: PAGE, offset });
    if (this.rule) asked.set("rule", this.rule);
    return get(`/review/cases?${asked}`);
  }

  draw() {
    const { say, page } = this;
    const { counts, total } = this.found;
    if (!this.isInUse) return void this.element.replaceChildren(this.policy.element);
    this.element.replaceChildren(
      h("div", { class: "tools" },
        h("button", { type: "button", class: "main", onclick: () => page.tried(() => page.next()) }, say("review.next")),
        this.choice("state", STATES.map(state => [state, `${say(`review.${state}`)}${state === "all" ? "" : ` (${counts[state] ?? 0})`}`])),
        this.choice("order", [["oldest", say("review.oldest")], ["worst", say("review.worst")]]),
        page.policy && this.choice("rule", [["", say("review.every_rule")], ...page.policy.rules.map(rule => [rule.name, rule.name])]),
        this.rule && h("button", { type: "button", class: "outlined", onclick: () => openLearn(page, this.rule) }, say("review.learn"))),
      h("p", { class: "mute small", role: "status" }, say("review.n", { n: total })),
      total ? h("ul", { class: "cases" }, this.cases.map(each => this.row(each))) : h("p", { class: "empty" }, say("review.nothing")),
      total > this.cases.length ? h("button", { type: "button", class: "outlined", onclick: () => page.tried(() => this.more()) }, say("review.more")) : "",
      this.policy.element);
    this.mark(page.case?.found?.id);
  }

  choice(name, options) {
    return h("label", {}, h("span", { class: "only-heard" }, this.say(`review.by_${name}`)),
      h("select", { onchange: event => { this[name] = event.target.value; this.page.tried(() => this.show()); } },
        options.map(([value, text]) => h("option", { value, selected: this[name] === value }, text))));
  }

  async more() {
    this.cases.push(...(await this.ask(this.cases.length)).items);
    keepFocus(() => this.draw());
  }

  row(found) {
    const { say, page } = this;
    const taken = found.claimed_by && new Date(found.claimed_until) > new Date();
    return h("li", {}, h("button", { type: "button", class: "case", "data-case": found.id, "data-key": found.id, onclick: () => page.tried(() => page.open(found.id)) },
      h("img", { src: `${found.thumb_url}&show=blurred`, alt: "", loading: "lazy" }),
      h("span", { class: "words" }, h("b", {}, found.label), " ", h("span", {}, found.title || found.file),
        h("span", { class: "mute small" }, `${clock(found.start_s)}-${clock(found.end_s)} · ${decimals(found.score, say.language)} · ${say(`review.is_${found.state}`)}`,
          found.appealed ? ` · ${say("review.is_appealed")}` : "", taken ? ` · ${say("review.taken", { name: found.claimed_by })}` : ""))));
  }

  mark(number) {
    for (const each of this.element.querySelectorAll("[data-case]"))
      each.setAttribute("aria-current", String(Number(each.dataset.case) === number));
  }
}
