// The Library page: all videos by date and by folder, adding folders, jobs, problems, duplicates, health.

import { h, icon, rootOf } from "./shared/dom.js";
import { address, changed, follow, go, replace } from "./shared/go.js";
import { get, send } from "./shared/api.js";
import { keepFocus } from "./shared/focus.js";
import { showChosen } from "./shared/tabs.js";
import { similarHref } from "./shared/card.js";
import { askForJobs, AT_WORK, hearOfJobs } from "./shared/jobs.js";
import { offerUndo } from "./shared/undo.js";
import { speaker } from "./shared/words.js";
import { openAdding } from "./library/adding.js";
import { BrowsingView } from "./library/browsing.js";
import { askFor, confirm } from "./library/dialog.js";
import { DuplicatesView } from "./library/duplicates.js";
import { HealthView } from "./library/health.js";
import { jobCards } from "./library/jobs.js";
import { ProblemsView } from "./library/problems.js";

const FILTER_AFTER_MS = 200;
const SORTS = ["date", "old", "added", "title", "length", "short"];

const READS = ["index", "reindex"]; // jobs by which videos come
const AT_ONCE = 200; // videos in one request

/** A list in parts that the server takes. */
const parts = ids => Array.from({ length: Math.ceil(ids.length / AT_ONCE) }, (_, i) => ids.slice(i * AT_ONCE, (i + 1) * AT_ONCE));

class LibraryPage {
  constructor(parent) {
    this.root = rootOf(parent, "library-root");
    this.stop = new AbortController();
  }

  show(data) {
    // What the page writes into the address itself, or hears of, is no reason to draw it anew.
    const text = JSON.stringify({ ...data, text: "", year: "", jobs: false });
    if (text === this.drawn) return void this.textCame(data.text);
    this.drawn = text;
    this.data = data;
    this.say = speaker(data.words, data.language);
    this.text = data.text;
    this.jobsText = this.jobsDone = undefined;
    this.isReading = false;
    this.leaveView();
    this.side = h("aside", { class: data.jobs ? "side-column awaited" : "side-column", "aria-label": this.say("library.side") });
    this.main = h("div", { class: "main-column" });
    const odd = data.left_out.length > 0 ? h("p", { class: "mute small", role: "status" }, data.left_out.join(" ")) : "";
    keepFocus(() => this.root.replaceChildren(this.head(), odd, h("div", { class: this.isWall() && !data.empty ? "columns of-wall" : "columns" }, this.main, this.side)));
    showChosen(this.root.querySelector(".tabs"));
    this.showView();
    if (data.owner) {
      this.hearing = new AbortController();
      hearOfJobs(jobs => this.jobsCame(jobs), this.hearing.signal);
    }
  }

  /** A link led to the same list with other words; an answer that is older than what was typed since does not count. */
  textCame(text) {
    if (!this.isWall() || text === this.text || text !== (new URLSearchParams(location.search).get("text") ?? "")) return;
    this.root.querySelector(".filter").value = text;
    this.text = text;
    this.view.narrow(text);
  }

  leaveView() {
    this.view?.leave?.();
    this.view = undefined;
    this.hearing?.abort();
  }

  leave() {
    this.leaveView();
    this.stop.abort();
  }

  head() {
    const { say, data } = this;
    return h("div", { class: "head" },
      h("h1", {}, say("library.title")),
      data.owner && h("button", { type: "button", class: "main add", onclick: () => this.add() }, icon("add"), say("library.add")),
      !data.empty && this.tabs(),
      this.isWall() && !data.empty && this.tools());
  }

  isWall() {
    return this.data.view === "dates" || this.data.view === "folders";
  }

  tabs() {
    const { say, data } = this;
    return h("nav", { class: "tabs", "aria-label": say("library.views") }, ["dates", "folders", ...(data.owner ? ["problems", "duplicates", "health"] : [])].map(view =>
      h("a", { href: address("/library", { view: view === "dates" ? "" : view }), "aria-current": view === data.view ? "page" : null, onclick: follow, "data-view": view },
        say(`library.${view}`), view === "problems" && data.problems > 0 && h("span", { class: "count" }, String(data.problems)))));
  }

  tools() {
    const { say, data } = this;
    const narrow = () => {
      this.text = filter.value.trim();
      replace(changed({ text: this.text }));
      this.view.narrow(this.text);
    };
    const filter = h("input", { type: "search", class: "filter", value: this.text, maxlength: data.longest_text, placeholder: say("library.filter"), "aria-label": say("library.filter"),
      oninput: () => { clearTimeout(this.waits); this.waits = setTimeout(narrow, FILTER_AFTER_MS); } });
    return h("div", { class: "tools" }, filter,
      data.tag && h("a", { class: "chip on", href: changed({ tag: null }), onclick: follow, "aria-label": say("library.without_tag", { tag: data.tag }) }, data.tag, icon("close")),
      h("label", {}, h("span", { class: "only-heard" }, say("library.sort")),
        h("select", { onchange: event => go(changed({ sort: event.target.value === "date" ? null : event.target.value, year: null })) },
          SORTS.map(sort => h("option", { value: sort, selected: sort === data.sort }, say(`library.sort_${sort}`))))));
  }

  async showView() {
    const { data } = this;
    if (data.empty) return this.showEmpty();
    const make = { problems: ProblemsView, duplicates: DuplicatesView, health: HealthView }[data.view] ?? BrowsingView;
    this.view = new make({ say: this.say, language: data.language, data, actions: this.actions(), chosenActions: this.chosenActions(),
      menu: video => this.menuOf(video), tried: run => this.tried(run), tell: told => this.tell(told), isReading: () => this.isReading });
    this.main.replaceChildren(this.view.element);
    await this.tried(() => this.view.show());
  }

  /** Nothing is here yet: the invitation, or, while the first videos are being read, that they come. */
  showEmpty() {
    const { say, data } = this;
    if (this.isReading) return void this.main.replaceChildren(h("div", { class: "empty", role: "status" }, h("b", {}, say("library.first")), h("p", {}, say("library.first_come"))));
    this.main.replaceChildren(h("div", { class: "empty" }, h("b", {}, say("library.empty")), h("p", {}, say(data.owner ? "library.empty_owner" : "library.empty_viewer")),
      data.owner && h("button", { type: "button", class: "main", onclick: () => this.add() }, say("library.add"))));
  }

  jobsCame(jobs) {
    const { say } = this;
    const text = JSON.stringify(jobs);
    if (text === this.jobsText) return;
    this.jobsText = text;
    this.side.classList.remove("awaited");
    keepFocus(() => this.side.replaceChildren(...[jobCards(jobs, say, told => this.tell(told))].filter(Boolean)));
    this.readingCame(jobs.some(job => AT_WORK.includes(job.state) && READS.includes(job.kind)));
    const done = jobs.map(job => `${job.id}${job.state}${job.progress.done > 0}`).join();
    const atWork = jobs.some(job => AT_WORK.includes(job.state));
    const isFirst = this.jobsDone === undefined;
    if (done !== this.jobsDone && !isFirst) this.jobsMoved(atWork);
    else if (atWork && !isFirst && this.data.empty) this.lookForFirst();
    else if (atWork) this.view?.jobsGoOn?.();
    this.jobsDone = done;
  }

  readingCame(isReading) {
    if (isReading === this.isReading) return;
    this.isReading = isReading;
    if (this.data.empty) this.showEmpty();
    else this.view?.readingCame?.();
  }

  jobsMoved(atWork) {
    if (this.data.empty) return void this.lookForFirst();
    if (this.view?.jobsMoved) this.view.jobsMoved(atWork);
    else if (this.view && !atWork) this.tried(() => this.view.show());
  }

  /** The first videos of an empty library: its page is drawn anew. */
  async lookForFirst() {
    const found = await get("/videos?k=1");
    if (found.total && this.data.empty) this.show({ ...this.data, empty: false });
  }

  menuOf(video) {
    const { say, data } = this;
    return [
      { text: say("menu.similar"), run: () => go(similarHref(video)) },
      { text: say("menu.copy_link"), run: () => this.copy(new URL(`/video?v=${video.id}`, location.href).href) },
      video.path && { text: say("menu.copy_path"), run: () => this.copy(video.path) },
      data.owner && { text: say("library.tag"), run: () => this.tag([video.id]) },
      data.owner && { text: say("library.reindex"), run: () => this.reindex([video.id]) },
      data.owner && { text: say("library.leave_out"), run: () => this.leaveOut({ videos: [video.id] }, video.title), danger: true },
    ];
  }

  chosenActions() {
    const { say } = this;
    return [
      { text: say("library.tag"), run: ids => this.tag(ids) },
      { text: say("library.reindex"), run: ids => this.reindex(ids) },
      { text: say("library.leave_out"), run: ids => this.leaveOut({ videos: ids }, say("library.n_videos", { n: ids.length })) },
      { text: say("library.copy_paths"), run: ids => this.copyPaths(ids) },
    ];
  }

  actions() {
    return {
      start: (kind, how) => this.start(kind, how),
      leaveOut: (what, name) => this.leaveOut(what, name),
      removeFolder: folder => this.removeFolder(folder),
      retry: problem => this.ask("/library/problems/retry", problem.video ? { videos: [problem.video] } : { paths: [problem.path] }),
      retryAll: () => this.ask("/library/problems/retry", {}),
    };
  }

  add() {
    openAdding(this.root, this.say, () => { this.tell(this.say("library.added")); this.askForJobs(); });
  }

  start(kind, how) {
    return this.ask("/jobs", { kind, arguments: how });
  }

  async ask(route, wanted) {
    await this.tried(async () => {
      await send("POST", route, wanted);
      this.tell(this.say("job.asked"));
      this.askForJobs();
    });
  }

  askForJobs() {
    document.dispatchEvent(new CustomEvent("reelwise:job"));
    askForJobs();
  }

  async reindex(ids) {
    await this.start("reindex", { videos: ids });
    this.view?.clear?.();
  }

  async leaveOut(what, name) {
    const { say } = this;
    await this.tried(async () => {
      const dropped = await send("POST", "/library/leave-out", what);
      offerUndo(say("library.left_out", { name }), say("undo.undo"), () => this.tried(async () => {
        await send("POST", "/library/take-back", { paths: dropped.paths });
        await send("POST", "/jobs", { kind: "reindex", arguments: { paths: dropped.paths } });
        this.askForJobs();
      }));
      await this.refresh();
    });
  }

  async removeFolder(folder) {
    const { say } = this;
    const wanted = await confirm(this.root, { title: say("library.remove_title", { name: folder.name }), text: say("library.remove_text", { n: folder.videos }), yes: say("library.remove"), no: say("adding.cancel") });
    if (!wanted) return;
    await this.tried(async () => {
      await send("DELETE", `/library/roots?folder=${encodeURIComponent(folder.folder)}`);
      this.tell(say("library.removed", { name: folder.name }));
      await this.refresh();
    });
  }

  async tag(ids) {
    const { say } = this;
    const tag = await askFor(this.root, { title: say("library.tag_title", { n: ids.length }), label: say("library.tag_label"), yes: say("library.tag"), no: say("adding.cancel") });
    if (!tag) return;
    await this.tried(async () => {
      const changed = [];
      for (const some of parts(ids)) changed.push(...(await send("POST", "/tags", { video_ids: some, tags: [tag] })).items.filter(each => each.changed).map(each => each.video_id));
      this.view?.clear?.();
      offerUndo(say("library.tagged", { n: ids.length, tag }), say("undo.undo"), () => this.tried(async () => {
        for (const some of parts(changed)) await send("DELETE", "/tags", { video_ids: some, tags: [tag] });
      }));
    });
  }

  async copyPaths(ids) {
    await this.tried(async () => {
      const found = await send("POST", "/library/paths", { videos: ids });
      await this.copy(found.paths.join("\n"));
    });
  }

  async copy(text) {
    await navigator.clipboard.writeText(text);
    this.tell(this.say("library.copied"));
  }

  /** What was done to the library is seen. */
  async refresh() {
    await (this.view?.refresh ?? this.view?.show)?.call(this.view);
  }

  /** Do something; say what the server refused. */
  async tried(run) {
    try {
      await run();
    } catch (error) {
      if (error.name !== "AbortError") this.tell([error.message, error.fix].filter(Boolean).join(" "));
    }
  }

  tell(text) {
    offerUndo(text, "", null);
  }
}

const pages = new WeakMap();

export default function ({ parentElement, data: [data] }) {
  let page = pages.get(parentElement);
  if (!page) pages.set(parentElement, (page = new LibraryPage(parentElement)));
  page.show(data);
  return () => {
    page.leave();
    pages.delete(parentElement);
  };
}
