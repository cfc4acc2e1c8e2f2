// The Review page: the queue, the case that is looked at beside what its rule says, and the log.

import { h } from "./shared/dom.js";
import { address, follow } from "./shared/go.js";
import { get, send } from "./shared/api.js";
import { Desk, component } from "./shared/desk.js";
import { offerUndo, withdrawUndo } from "./shared/undo.js";
import { CaseView } from "./review/case.js";
import { LogView } from "./review/log.js";
import { QueueView } from "./review/queue.js";

class ReviewPage extends Desk {
  constructor(parent) {
    super(parent, "review");
  }

  titles() {
    const { say, data } = this;
    const tab = view => h("a", { href: address("/review", { view: view === "queue" ? "" : view }), "aria-current": view === data.view ? "page" : null, onclick: follow }, say(`review.${view}`));
    return [h("h1", {}, say("review.title")), h("nav", { class: "tabs", "aria-label": say("review.views") }, tab("queue"), tab("log"))];
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
    this.case.element.hidden = !this.queue.isInUse && !this.data.case && !this.data.no_case;
    if (this.data.no_case) return this.case.showNone(this.data.no_case);
    if (!this.data.case) return this.case.show(null);
    await this.open(this.data.case).catch(error => {
      if (error.code !== "unknown_case") throw error;
      this.case.showNone(String(this.data.case));
    });
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
    if (found) return this.case.heading.focus();
    this.tell(this.say("review.none"));
    const title = this.root.querySelector("h1"); // where the keys of this page are heard
    title.tabIndex = -1;
    title.focus();
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
    withdrawUndo();
    this.decided = (this.decided ?? []).filter(each => each !== number);
    this.tell(this.say("review.undone", { case: String(number) }));
    await this.queue.show();
    this.case.show(found);
    this.queue.mark(number);
    this.case.heading.focus();
  }

  async appeal() {
    const { found } = this.case;
    const why = this.case.why.value.trim();
    if (!why) return void this.fail(this.say("review.why_needed"));
    if (!this.isNamed()) return;
    this.case.show(await send("POST", `/review/cases/${found.id}/appeal`, { why, ...this.by() }));
    await this.queue.show();
  }

  /** What a key does; nothing where it is no command. */
  key(event) {
    if (this.data.view === "log") return null;
    return { a: () => this.decide("allow"), b: () => this.decide("block"), n: () => this.next(), u: () => this.undo(), r: () => this.case.relabel.focus(), v: () => this.case.toggle() }[event.key];
  }
}

export default component(ReviewPage);
