// The Annotate page: one stretch to label after another, how well they are learned, and which labels may be wrong.

import { h, rootOf } from "./shared/dom.js";
import { get, send } from "./shared/api.js";
import { address, follow } from "./shared/go.js";
import { speaker } from "./shared/words.js";
import { LearnedView } from "./annotate/learned.js";
import { SetsView } from "./annotate/sets.js";
import { StretchView } from "./annotate/stretch.js";

const NAME = "reelwise.reviewer";
// Where keys are typed and no commands; in a field of a number letters are commands still.
const TYPES = "input:not([type=number]), textarea, select, [contenteditable]";
const AT_ONCE = 5;
const LEFT = 2;
const CURVE_EVERY = 5;

class AnnotatePage {
  constructor(parent) {
    this.root = rootOf(parent, "annotate-root");
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
    this.name = h("input", { type: "text", class: "name", maxlength: "100", autocomplete: "off", "aria-label": say("annotate.name"),
      placeholder: say("annotate.name"), onchange: () => localStorage.setItem(NAME, this.name.value.trim()) });
    this.name.value = data.annotator || localStorage.getItem(NAME) || "";
    return h("div", { class: "head" },
      h("h1", {}, data.set ? say("annotate.heading", { set: data.set }) : say("annotate.title")),
      data.set && h("a", { href: address("/annotate", {}), onclick: follow }, say("annotate.all_sets")),
      data.signed_in ? h("p", { class: "mute who" }, data.annotator) : h("label", { class: "who" }, h("span", { class: "mute small" }, say("annotate.you")), this.name));
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

  /** Who labels, in a body; nothing for whoever has signed in. */
  by() {
    return this.data.signed_in ? {} : { by: this.name.value.trim() };
  }

  /** Whether it is known who labels; asks for the name where it is not. */
  isNamed() {
    if (this.data.signed_in || this.name.value.trim()) return true;
    this.fail(this.say("annotate.name_needed"));
    this.name.focus();
    return false;
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
    if (found.notice) this.tell(found.notice);
  }

  take(set) {
    this.set = set;
    this.learned.progress(set);
  }

  next() {
    this.stretch.show(this.queue.shift() ?? null);
    // The next one is made while this one is looked at.
    if (this.queue[0]) fetch(this.queue[0].preview_url, { priority: "low" }).catch(() => {});
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

  async addLabel(label) {
    this.take(await send("POST", "/annotations", { name: this.data.set, labels: [label] }));
    this.stretch.draw();
  }

  /** Look at a label again that may be wrong. */
  again(doubt) {
    if (this.stretch.shown) this.queue.unshift(this.stretch.shown);
    this.stretch.show({ ...doubt, why: "doubt", guesses: [], keywords: [] });
    this.stretch.heading.focus();
  }

  key(event) {
    const at = event.composedPath()[0];
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !this.stretch || at.matches?.(TYPES)) return;
    if (at === this.stretch.typed && !/^[su]$/.test(event.key)) return;
    if (this.stretch.isNumber && /^[0-9.,-]$/.test(event.key)) return void this.stretch.typed?.focus(); // and there it is typed
    const number = /^[0-9]$/.test(event.key) ? (Number(event.key) + 9) % 10 : -1;
    const run = number >= 0 ? this.stretch.labels[number] && (() => this.stretch.press(this.stretch.labels[number]))
      : { u: () => this.undo(), s: () => this.keep([]), "-": () => this.stretch.isSeveral && this.keep(["-"]), Enter: () => at.matches?.("button, a, summary") || this.stretch.save() }[event.key];
    if (!run || (event.key === "Enter" && (!this.stretch.isSeveral || at.matches?.("button, a, summary")))) return;
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

function keyOf({ video_id, start_s, end_s }) {
  return `${video_id} ${start_s} ${end_s}`;
}

const pages = new WeakMap();

export default function ({ parentElement, data: [data] }) {
  let page = pages.get(parentElement);
  if (!page) pages.set(parentElement, (page = new AnnotatePage(parentElement)));
  page.show(data);
  return () => {
    page.leave();
    pages.delete(parentElement);
  };
}
