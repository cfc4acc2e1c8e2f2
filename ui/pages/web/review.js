// The Review page: the queue, the case that is looked at beside what its rule says, and the log.

import { h, rootOf } from "./shared/dom.js";
import { address, follow } from "./shared/go.js";
import { get, send } from "./shared/api.js";
import { offerUndo } from "./shared/undo.js";
import { speaker } from "./shared/words.js";
import { CaseView } from "./review/case.js";
import { LogView } from "./review/log.js";
import { QueueView } from "./review/queue.js";

const NAME = "reelwise.reviewer";
const TYPES = "input, textarea, select, [contenteditable]";

class ReviewPage {
  constructor(parent) {
    this.root = rootOf(parent, "review-root");
    this.stop = new AbortController();
    document.addEventListener("keydown", event => this.key(event), { signal: this.stop.signal });
  }

  show(data) {
    const text = JSON.stringify(data);
    if (text === this.drawn) return;
    this.drawn = text;
    this.data = data;
    this.say = speaker(data.words, data.language);
    this.status = h("p", { class: "told", role: "status" });
    this.error = h("p", { class: "error", role: "alert", hidden: true });
    this.main = h("div", { class: "body" });
    this.root.replaceChildren(this.head(), this.error, this.status, this.main);
    this.tried(() => this.begin());
  }

  head() {
    const { say, data } = this;
    this.name = h("input", { type: "text", class: "name", maxlength: "100", autocomplete: "off", "aria-label": say("review.name"),
      placeholder: say("review.name"), onchange: () => localStorage.setItem(NAME, this.name.value.trim()) });
    this.name.value = data.reviewer || localStorage.getItem(NAME) || "";
    const tab = view => h("a", { href: address("/review", { view: view === "queue" ? "" : view }), "aria-current": view === data.view ? "page" : null, onclick: follow }, say(`review.${view}`));
    return h("div", { class: "head" }, h("h1", {}, say("review.title")),
      h("nav", { class: "tabs", "aria-label": say("review.views") }, tab("queue"), tab("log")),
      data.signed_in ? h("p", { class: "mute" }, data.reviewer) : h("label", { class: "who" }, h("span", { class: "mute small" }, say("review.you")), this.name));
  }

  async begin() {
    this.policy = await get("/review/policy").catch(error => { if (error.status !== 404 && error.status !== 409) throw error; });
    if (this.data.view === "log") {
      this.log = new LogView(this);
      this.main.replaceChildren(this.log.element);
      return this.log.show();
    }
    this.queue = new QueueView(this);
    this.case = new CaseView(this);
    this.main.replaceChildren(this.queue.element, this.case.element);
    await this.queue.show();
    if (this.data.case) return this.open(this.data.case);
    this.case.show(null);
  }

  /** Who decides, in a body; nothing for whoever has signed in. */
  by() {
    return this.data.signed_in ? {} : { by: this.name.value.trim() };
  }

  /** Whether it is known who decides; asks for the name where it is not. */
  isNamed() {
    if (this.data.signed_in || this.name.value.trim()) return true;
    this.fail(this.say("review.name_needed"));
    this.name.focus();
    return false;
  }

  async open(number) {
    this.case.show(await get(`/review/cases/${number}`));
    this.queue.mark(number);
  }

  /** Take the next case that nobody else looks at. */
  async next() {
    if (!this.isNamed()) return;
    const but = this.case.found?.id;
    const { order, rule } = this.queue;
    const { case: found } = await send("POST", "/review/next", { ...this.by(), order: order === "worst" ? "worst" : "oldest", ...(rule && { rule }), ...(but && { but }) });
    this.case.show(found);
    this.queue.mark(found?.id);
    if (!found) this.tell(this.say("review.none"));
    else this.case.heading.focus();
  }

  async decide(verb, extra = {}) {
    const { found } = this.case;
    if (!found || !this.isNamed()) return;
    const why = this.case.why.value.trim() || this.say(`review.why_${verb}`, { rule: extra.label ?? found.label });
    await send("POST", `/review/cases/${found.id}/decision`, { verb, why, seen: found.revision, ...extra, ...this.by() });
    this.decided = [...(this.decided ?? []), found.id];
    offerUndo(this.say(`review.done_${verb}`, { case: String(found.id) }), this.say("undo.undo"), () => this.tried(() => this.undo(found.id)));
    await this.queue.show();
    await this.next();
  }

  async undo(number = this.decided?.at(-1)) {
    if (!number || !this.isNamed()) return;
    const found = await send("POST", `/review/cases/${number}/undo`, this.by());
    this.decided = (this.decided ?? []).filter(each => each !== number);
    this.tell(this.say("review.undone", { case: String(number) }));
    await this.queue.show();
    this.case.show(found);
    this.queue.mark(number);
  }

  async appeal() {
    const { found } = this.case;
    const why = this.case.why.value.trim();
    if (!why) return void this.fail(this.say("review.why_needed"));
    if (!this.isNamed()) return;
    this.case.show(await send("POST", `/review/cases/${found.id}/appeal`, { why, ...this.by() }));
    await this.queue.show();
  }

  key(event) {
    const at = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || at.matches?.(TYPES) || this.data.view === "log") return;
    const run = { a: () => this.decide("allow"), b: () => this.decide("block"), n: () => this.next(), u: () => this.undo(), r: () => this.case.relabel.focus(), v: () => this.case.toggle() }[event.key];
    if (!run) return;
    event.preventDefault();
    this.tried(async () => run());
  }

  tell(text) {
    this.status.textContent = text;
  }

  fail(text) {
    this.error.hidden = !text;
    this.error.textContent = text;
  }

  async tried(run) {
    this.fail("");
    try {
      await run();
    } catch (error) {
      this.fail([error.message, error.fix].filter(Boolean).join(" - "));
    }
  }

  leave() {
    this.stop.abort();
  }
}

const pages = new WeakMap();

export default function ({ parentElement, data: [data] }) {
  let page = pages.get(parentElement);
  if (!page) pages.set(parentElement, (page = new ReviewPage(parentElement)));
  page.show(data);
  return () => {
    page.leave();
    pages.delete(parentElement);
  };
}
