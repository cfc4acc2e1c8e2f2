// The head of every page: where one is, the field that searches from anywhere, and who is watching.
// It also keeps the keys of the whole page, takes pasted and dropped pictures, and keeps the place
// to which Back returns.

import { h, icon, rootOf } from "./shared/dom.js";
import { address, changed, comeAgain, follow, go } from "./shared/go.js";
import { get, send } from "./shared/api.js";
import { keepPerson } from "./shared/device.js";
import { openMenu } from "./shared/menu.js";
import { speaker } from "./shared/words.js";
import { askForJobs, AT_WORK, hearOfJobs, jobLine, jobName, share } from "./shared/jobs.js";
import { loadEarly } from "./shared/early.js";
import { hearOfServer } from "./shared/server.js";
import { keepPlaces } from "./shared/places.js";
import { openKeys } from "./shared/keys.js";

const PAGES = { search: ["/", "search"], foryou: ["/for-you", "heart"], library: ["/library", "library"], history: ["/history", "history"], review: ["/review", "shield"],
  annotate: ["/annotate", "label"] };
const SUGGEST_AFTER_MS = 120;
const YEAR_S = 31536000;

class Frame {
  constructor(parent) {
    this.root = rootOf(parent, "frame-root");
    this.told = { text: "", role: "alert" }; // stays while other data of the head changes
    this.stop = new AbortController();
    const on = (target, name, run, options = {}) => target.addEventListener(name, run, { signal: this.stop.signal, ...options });
    on(document, "keydown", event => this.key(event));
    on(document, "paste", event => this.pasted(event));
    on(document, "dragover", event => this.dragged(event));
    on(document, "dragleave", event => event.relatedTarget === null && this.dropFrame(false));
    on(document, "drop", event => this.dropped(event));
    on(document, "reelwise:job", () => askForJobs());
    this.forget = keepPlaces(this.stop.signal);
    this.isServed = true;
    hearOfServer(isThere => this.serverCame(isThere), this.stop.signal);
  }

  show(data, trigger) {
    this.data = data;
    this.trigger = trigger;
    this.say = speaker(data.words, data.language);
    document.documentElement.lang = data.language;
    this.keepPerson(data.keep);
    const text = JSON.stringify(data);
    if (text === this.drawn) return;
    const typing = this.input && this.root.getRootNode().activeElement === this.input;
    const kept = typing && this.shownFor === data.q ? this.input.value : data.q;
    this.drawn = text;
    this.shownFor = data.q;
    this.root.replaceChildren(...this.parts(kept).filter(Boolean));
    this.nameContent();
    loadEarly(data.page, this.stop.signal);
    if (typing) this.input.focus();
    if (data.owner && !this.hears) hearOfJobs(jobs => this.jobsCame(jobs), this.stop.signal, { now: false });
    this.hears = data.owner;
    if (data.at_work) askForJobs();
  }

  /** Nothing that is there goes away with the server; what needs it waits. */
  serverCame(isThere) {
    this.isServed = isThere;
    if (!this.lost) return;
    this.lost.hidden = isThere;
    this.lost.replaceChildren(isThere ? "" : this.say("frame.lost"));
    // Streamlit comes back by itself, some time later, with the page that it showed last.
    if (isThere) for (const after_ms of [1000, 4000, 10000, 20000]) setTimeout(() => this.isServed && !this.stop.signal.aborted && comeAgain(), after_ms);
  }

  /** The line of the job that is at work, under the head of every page. */
  jobsCame(jobs) {
    const job = jobs.findLast(each => each.state !== "queued" && AT_WORK.includes(each.state)) ?? jobs.find(each => AT_WORK.includes(each.state));
    this.job.hidden = !job;
    if (!job) return;
    const text = this.say("job.line", { name: jobName(job, this.say), line: jobLine(job, this.say) });
    this.job.setAttribute("aria-label", text);
    this.job.title = text;
    const bar = this.job.firstElementChild;
    if (share(job) === null) bar.removeAttribute("value");
    else bar.value = share(job);
  }

  parts(text) {
    const { say, data } = this;
    return [
      h("a", { class: "skip", href: "#content", onclick: event => this.skip(event) }, say("frame.skip")),
      h("header", { class: "frame" },
        h("a", { class: "brand", href: "/", "aria-label": "reelwise", onclick: follow }, h("i"), h("span", {}, "reelwise")),
        this.pages("pages"), this.field(text), this.person()),
      this.job = h("a", { class: "job", href: "/library", onclick: follow, hidden: true }, h("progress", { "aria-hidden": "true", max: "1" })),
      this.lost = h("p", { class: "lost", role: "alert", hidden: this.isServed }, this.isServed ? "" : this.say("frame.lost")),
      h("p", { class: "notice", role: this.told.role, hidden: !this.told.text }, this.told.text),
      this.pages("foot"),
    ];
  }

  pages(className) {
    return h("nav", { class: className, "aria-label": this.say(className === "foot" ? "frame.pages_foot" : "frame.pages") },
      this.data.pages.filter(name => name in PAGES).map(name => h("a",
        { href: PAGES[name][0], "aria-current": this.data.page === name ? "page" : null, "aria-label": this.say(`frame.${name}`), onclick: follow },
        icon(PAGES[name][1]), h("span", {}, this.say(`frame.${name}`)))));
  }

  field(text) {
    const { say, data } = this;
    this.input = h("input", {
      type: "search", name: "q", value: text, placeholder: say("frame.field"), "aria-label": say("frame.field_name"),
      autocomplete: "off", spellcheck: "false", maxlength: data.longest, enterkeyhint: "search",
      role: "combobox", "aria-expanded": "false", "aria-controls": "suggestions", "aria-autocomplete": "list",
      oninput: () => this.typed(), onkeydown: event => this.fieldKey(event),
    });
    this.input.value = text;
    this.list = h("ul", { class: "suggestions", id: "suggestions", role: "listbox", "aria-label": say("frame.suggestions"), hidden: true });
    this.file = h("input", { type: "file", hidden: true, accept: data.accepts, onchange: () => this.give(this.file.files[0]) });
    this.clear = h("button", { type: "button", "aria-label": say("frame.clear"), hidden: !text && !data.like, onclick: () => this.cleared() }, icon("close"));
    return h("form", { class: "field", role: "search", onsubmit: event => { event.preventDefault(); this.search(this.input.value); },
      onfocusout: event => !event.currentTarget.contains(event.relatedTarget) && this.suggest([]) },
      icon("search"), this.input, this.file,
      h("button", { type: "button", "aria-label": say("frame.picture"), title: say("frame.picture"), onclick: () => this.file.click() }, icon("picture")),
      this.clear, this.list);
  }

  person() {
    const { say, data } = this;
    const name = data.person || (data.guest ? say("person.guest") : say("person.who"));
    const button = h("button", { type: "button", class: data.person ? "person" : "person nobody", "aria-haspopup": "menu", "aria-expanded": "false",
      "aria-label": say("person.button", { name }), onclick: () => this.openPerson(button) },
      icon("person"), h("span", { class: "name" }, name), icon("down"));
    return h("div", { class: "has-menu" }, button);
  }

  openPerson(button) {
    const { say, data } = this;
    const there = name => data.pages.includes(name);
    openMenu(button, [
      data.person && there("history") && { text: say("person.history"), run: () => go("/history") },
      there("people") && { text: say("person.switch"), run: () => go("/people") },
      data.owner && !there("review") && { text: say("frame.review"), run: () => go("/review") },
      data.owner && !there("annotate") && { text: say("frame.annotate"), run: () => go("/annotate") },
      data.person && { text: say(data.records ? "person.pause" : "person.record"), run: () => this.trigger("records", { on: !data.records }) },
      ...data.languages.filter(each => each.code !== data.language).map(each => ({ text: each.name, run: () => this.speak(each.code) })),
      !matchMedia("(pointer: coarse)").matches && { text: say("frame.keys"), run: () => openKeys(this.say) },
      data.logout && { text: say("person.logout"), run: () => { location.href = data.logout; } },
      there("people") && { text: say("frame.about", { version: data.version }), run: () => go("/people?about=1") },
    ], say("person.menu"));
  }

  /** Keep who was chosen on this device; each choice once, whatever is chosen elsewhere since. */
  keepPerson(keep) {
    if (!keep || sessionStorage.getItem("reelwise:choice") === keep.choice) return;
    sessionStorage.setItem("reelwise:choice", keep.choice);
    keepPerson(keep.name);
  }

  speak(code) {
    document.cookie = `reelwise_language=${code}; path=/; max-age=${YEAR_S}; SameSite=Strict`;
    location.reload();
  }

  search(text) {
    const q = text.trim();
    clearTimeout(this.waits);
    this.suggest([]);
    if (location.pathname === "/") go(changed({ q, n: null, all: null }));
    else go(address("/", { q, like: q ? null : this.data.like }));
  }

  cleared() {
    this.input.value = "";
    go(location.pathname === "/" ? changed({ q: null, like: null, n: null, all: null }) : "/");
    this.input.focus();
  }

  typed() {
    this.clear.hidden = !this.input.value;
    clearTimeout(this.waits);
    const prefix = this.input.value.trim();
    if (prefix.length < 2) return void this.suggest([]);
    const asked = this.asked = Symbol(prefix);
    this.waits = setTimeout(async () => {
      try {
        const found = await get(`/suggestions?prefix=${encodeURIComponent(prefix)}${this.data.person ? `&user=${encodeURIComponent(this.data.person)}` : ""}`);
        if (this.asked === asked) this.suggest(found.items);
      } catch {
        if (this.asked === asked) this.suggest([]); // words can be searched without advice
      }
    }, SUGGEST_AFTER_MS);
  }

  /** Show suggestions; those that are still on their way come too late. */
  suggest(items) {
    this.asked = null;
    this.at = -1;
    this.list.hidden = !items.length;
    this.input.setAttribute("aria-expanded", String(items.length > 0));
    this.input.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(...items.map((item, i) => h("li",
      { role: "option", id: `suggestion-${i}`, "aria-selected": "false", onpointerdown: event => { event.preventDefault(); this.take(item); } },
      h("span", {}, item.text), h("span", { class: "mute small" }, this.say(`suggestion.${item.kind}`)))));
    this.items = items;
  }

  /** Search what a suggestion stands for. A folder or a tag narrows the words that are there; without
   * words it is looked at in the library. */
  take(item) {
    this.suggest([]);
    const narrows = item.kind === "folder" || item.kind === "tag";
    if (!narrows) return go(address("/", item.address));
    if (this.data.q) return go(address("/", { q: this.data.q, ...item.address }));
    return go(address("/library", { view: item.kind === "folder" ? "folders" : null, ...item.address }));
  }

  fieldKey(event) {
    const all = [...this.list.children];
    if (event.key === "Escape") {
      if (all.length) this.suggest([]);
      else this.input.blur();
    } else if (all.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length;
      all.forEach((each, i) => each.setAttribute("aria-selected", String(i === this.at)));
      this.input.setAttribute("aria-activedescendant", `suggestion-${this.at}`);
    } else if (event.key === "Enter" && this.at >= 0) {
      event.preventDefault();
      this.take(this.items[this.at]);
    }
    event.stopPropagation();
  }

  key(event) {
    const target = event.composedPath()[0];
    if (event.ctrlKey || event.altKey || event.metaKey || target.isContentEditable) return;
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName ?? "")) return;
    if (event.key === "/") {
      event.preventDefault();
      this.input.focus();
      this.input.select();
    } else if (event.key === "?") openKeys(this.say);
  }

  pasted(event) {
    const file = [...(event.clipboardData?.files ?? [])][0];
    if (file) this.give(file);
  }

  dragged(event) {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    this.dropFrame(true);
  }

  dropped(event) {
    this.dropFrame(false);
    const file = event.dataTransfer?.files?.[0];
    if (!file) return;
    event.preventDefault();
    this.give(file);
  }

  dropFrame(isShown) {
    const there = this.root.querySelector(".drop");
    if (isShown && !there) this.root.append(h("div", { class: "drop" }, this.say("frame.drop")));
    else if (!isShown) there?.remove();
  }

  async give(file) {
    if (!file) return;
    if (file.size > this.data.largest_mb * 1048576)
      return this.tell(this.say("example.too_large", { name: file.name, mb: this.data.largest_mb }));
    const form = new FormData();
    form.append("file", file, file.name);
    this.tell(this.say("example.sending", { name: file.name }), "status");
    try {
      const example = await send("POST", "/examples", form);
      this.tell("");
      go(address("/", { q: this.input.value.trim(), like: example.id }));
    } catch (error) {
      this.tell(error.message);
    }
    this.file.value = "";
  }

  tell(text, role = "alert") {
    this.told = { text, role };
    const notice = this.root.querySelector(".notice");
    notice.hidden = !text;
    notice.setAttribute("role", role);
    notice.replaceChildren(text);
  }

  /** Give what comes below the head the name that the link to it has, once it is there. */
  nameContent() {
    const content = document.querySelector(".st-key-content");
    if (content) content.id = "content";
    else if (!this.stop.signal.aborted) setTimeout(() => this.nameContent(), 200);
  }

  skip(event) {
    event.preventDefault();
    const content = document.querySelector(".st-key-content");
    content?.setAttribute("tabindex", "-1");
    content?.focus();
  }
}

const frames = new WeakMap();

export default function ({ parentElement, data: [data], setTriggerValue }) {
  let frame = frames.get(parentElement);
  if (!frame) frames.set(parentElement, (frame = new Frame(parentElement)));
  frame.show(data, setTriggerValue);
  return () => {
    frame.stop.abort();
    frames.delete(parentElement);
  };
}
