// The Annotate page: one stretch to label after another, how well they are learned, and which labels may be wrong.

import { h } from "./shared/dom.js";
import { get, send } from "./shared/api.js";
import { Desk, component } from "./shared/desk.js";
import { address, follow } from "./shared/go.js";
import { LearnedView } from "./annotate/learned.js";
import { SetsView } from "./annotate/sets.js";
import { StretchView } from "./annotate/stretch.js";
import { isWithheldNow } from "./annotate/withheld.js";
import { inWords } from "./shared/words.js";

const AT_ONCE = 5;
const LEFT = 2;
const CURVE_EVERY = 5;

class AnnotatePage extends Desk {
  constructor(parent) {
    super(parent, "annotate");
  }

  titles() {
    const { say, data } = this;
    return [h("h1", {}, data.set ? say("annotate.heading", { set: data.set }) : say("annotate.title")),
      data.set && h("a", { href: address("/annotate", {}), onclick: follow }, say("annotate.all_sets"))];
  }

  async begin() {
    this.queue = [];
    this.done = new Set(); // what was said while proposals were on their way
    this.said = 0;
    if (!this.data.indexed) return void this.main.replaceChildren(h("p", { class: "empty" }, this.say("annotate.nothing_indexed")));
    if (!this.data.set) {
      this.stretch = null;
      const sets = new SetsView(this);
      this.main.replaceChildren(sets.element);
      if (this.data.no_set) this.tell(this.say("annotate.no_such_set", { set: this.data.no_set }));
      return sets.show();
    }
    this.stretch = new StretchView(this);
    this.learned = new LearnedView(this);
    this.main.replaceChildren(this.stretch.element, this.learned.element);
    await this.fill(true);
    this.next();
    await this.learned.judge();
  }

  path(rest = "") {
    return `/annotations/${encodeURIComponent(this.data.set)}${rest}`;
  }

  /** Ask for more to label; what was said meanwhile is learned from in the background. */
  fill(isFirst = false) {
    return (this.filling ??= this.filled(isFirst).finally(() => { this.filling = null; }));
  }

  async filled(isFirst) {
    const found = await get(`${this.path("/next")}?k=${AT_ONCE + this.queue.length}&now=${isFirst ? 1 : 0}`);
    if (isFirst) this.take(found.set);
    const known = new Set([...this.done, ...[this.stretch.shown, ...this.queue].filter(Boolean).map(keyOf)]);
    this.queue.push(...found.items.filter(each => !known.has(keyOf(each))));
    if (found.notice) this.tell(inWords(found.notice));
  }

  take(set) {
    this.set = set;
    this.learned.progress(set);
  }

  next() {
    const shown = this.queue.shift() ?? null;
    this.stretch.show(shown);
    if (shown) this.tried(() => this.passOver(shown));
    // The next one is made while this one is looked at.
    if (this.queue[0]) fetch(this.queue[0].preview_url, { priority: "low" }).catch(() => {});
  }

  /** Go on from a stretch that moderation has withheld while it waited. */
  async passOver(shown) {
    if (!await isWithheldNow(shown)) return;
    const isLeft = () => this.stretch.shown !== shown || this.isBusy;
    if (!this.queue.length && !isLeft()) await this.fill();
    if (!isLeft()) this.next();
  }

  /** Keep what is said of the stretch that is shown; without labels it is skipped. */
  async keep(labels) {
    const { shown } = this.stretch;
    if (!shown || this.isBusy || !this.isNamed()) return;
    this.isBusy = true;
    try {
      const body = { video_id: shown.video_id, start_s: shown.start_s, end_s: shown.end_s, labels, source: "page", ...this.by() };
      const { set } = await send("POST", this.path("/labels"), body);
      this.tell(labels.length ? this.say("annotate.kept", { label: labels.join(", ") }) : this.say("annotate.skipped"));
      this.done.add(keyOf(shown));
      this.take(set);
      if (!this.queue.length) await this.fill();
      this.next();
      if (this.queue.length <= LEFT) this.tried(() => this.fill());
      if (labels.length && ++this.said % CURVE_EVERY === 0) this.learned.judge();
    } finally {
      this.isBusy = false;
    }
  }

  async undo() {
    if (!this.isNamed()) return;
    const { items, set } = await send("POST", this.path("/undo"), this.by());
    this.take(set);
    const last = items.at(-1);
    if (this.stretch.shown) this.queue.unshift(this.stretch.shown);
    this.queue = this.queue.filter(each => keyOf(each) !== keyOf(last));
    this.done.delete(keyOf(last));
    this.stretch.show({ ...last, why: "", guesses: [], keywords: [] });
    this.tell(this.say("annotate.undone", { label: last.labels.join(", ") || this.say("annotate.a_skip") }));
  }

  /** Labels came from a file: what is proposed now is not labelled by it. */
  async imported(set) {
    this.take(set);
    this.queue = [];
    await this.fill();
    if (this.stretch.shown) this.stretch.draw();
    else this.next();
    await this.learned.judge();
  }

  async addLabel(label) {
    this.take(await send("POST", "/annotations", { name: this.data.set, labels: [label] }));
    this.stretch.draw();
  }

  /** Look at a label again that may be wrong. */
  async again(doubt) {
    const effect = await isWithheldNow(doubt) ? "withheld" : doubt.effect;
    if (this.stretch.shown) this.queue.unshift(this.stretch.shown);
    this.stretch.show({ ...doubt, effect, why: "doubt", guesses: [], keywords: [] });
    this.stretch.heading.focus();
  }

  /** What a key does; nothing where it is no command. */
  key(event, at) {
    const { stretch } = this;
    if (!stretch || (at === stretch.typed && !/^[suv]$/.test(event.key))) return null;
    if (stretch.isNumber && /^[0-9.,-]$/.test(event.key)) return void stretch.typed?.focus(); // and there it is typed
    if (/^[0-9]$/.test(event.key)) {
      const label = stretch.labels[(Number(event.key) + 9) % 10];
      return label && (() => stretch.press(label));
    }
    const several = { "-": () => this.keep(["-"]), Enter: at.matches?.("button, a, summary") ? null : () => stretch.save() };
    if (event.key === "v" && stretch.shown && stretch.shown.effect !== "none") return () => stretch.toggle();
    return { u: () => this.undo(), s: () => this.keep([]), ...(stretch.isSeveral && several) }[event.key];
  }
}

function keyOf({ video_id, start_s, end_s }) {
  return `${video_id} ${start_s} ${end_s}`;
}

export default component(AnnotatePage);
