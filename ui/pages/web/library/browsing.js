// All videos by date or by folder: the wall, years beside it, folders above it, what is chosen below.

import { h } from "../shared/dom.js";
import { changed, follow, replace } from "../shared/go.js";
import { get } from "../shared/api.js";
import { Chosen } from "./chosen.js";
import { crumbs, folderHref, folderTiles } from "./folders.js";
import { keep, keptOf } from "./kept.js";
import { Scrubber } from "./scrubber.js";
import { tile } from "./tile.js";
import { Wall } from "./wall.js";

const LOOK_EVERY_MS = 10000; // for new videos, while a job runs
const RENEW_AFTER_MS = 500; // what was there before stands first
const AT_ONCE = 200; // videos in one request
const BY_MONTH = ["date", "old"];

/** `data` says which list; `actions` are those of the page, `chosenActions` those on what is chosen, `tried` runs
 * something that the server may refuse, and `isReading` says whether videos are on their way. */
export class BrowsingView {
  constructor({ say, data, actions, chosenActions, menu, tried, tell, isReading }) {
    Object.assign(this, { say, data, actions, isReading, text: data.text });
    this.tried = run => tried(() => this.inFolder(run));
    this.above = h("div", { class: "above" });
    this.chosen = new Chosen({ say, actions: chosenActions, idsBetween: (from, to) => this.idsBetween(from, to) });
    this.scrubber = new Scrubber({ say, go: (share, year) => this.goToShare(share, year) });
    this.wall = new Wall({
      say, menu, load: (offset, k, signal) => this.window(offset, k, signal),
      decorate: data.owner ? (...card) => this.chosen.decorate(...card) : null,
      changed: () => this.offerNew(), failed: error => tell(error.message), moved: section => section && this.scrubber.mark(section.year) });
    this.status = h("p", { class: "only-heard", role: "status" });
    this.element = h("div", {}, this.above, h("div", { class: "browse" }, this.wall.host, this.scrubber.element), this.chosen.bar, this.status);
  }

  /** The list as the page was come to: what is known of it first, where the person came back. */
  async show() {
    const { view, folder } = this.data;
    if (view === "folders") await this.tried(() => this.showFolders());
    if (this.isNowhere || (view === "folders" && !folder && !this.text)) return;
    const question = this.question();
    const seen = keptOf(question);
    if (!seen) return this.showWall();
    this.draw(question, seen.found, seen.blocks);
    setTimeout(() => { if (!this.hasLeft && question === this.listed.question) this.renew(question, seen.found); }, RENEW_AFTER_MS);
  }

  /** What is drawn is as old as the last look at it: look again. */
  async renew(question, known) {
    this.wall.renew();
    await this.tried(async () => {
      const found = await this.months();
      if (question === this.listed.question && JSON.stringify(found) !== JSON.stringify(known)) this.offerNew();
    });
  }

  /** Do something in the folder of the address, which may name none. */
  async inFolder(run) {
    try {
      await run();
    } catch (error) {
      if (error.code !== "unknown_folder") throw error;
      this.isNowhere = true;
      this.above.replaceChildren(h("p", { class: "nothing", role: "status" }, this.say("library.no_folder", { name: this.data.folder }), h("a", { href: folderHref(""), onclick: follow }, this.say("library.all_folders"))));
    }
  }

  leave() {
    if (this.listed) keep(this.listed.question, { found: this.listed.found, blocks: this.wall.known() });
    this.wall.leave();
    this.hasLeft = true;
  }

  /** Show only what has these words. */
  narrow(text) {
    this.text = text;
    return this.showWall();
  }

  /** Nothing is chosen any more. */
  clear() {
    this.chosen.clear();
  }

  /** What the page did to the library is seen. */
  async refresh() {
    if (this.data.view === "folders") await this.showFolders();
    if (this.listed) await this.showWall();
  }

  async showFolders() {
    const { folder, owner } = this.data;
    const listed = await get(folder ? `/folders?parent=${encodeURIComponent(folder)}` : "/folders");
    const found = listed.items.filter(each => each.depth === 0);
    const remove = owner && !folder ? each => this.actions.removeFolder({ name: each.title, folder: each.path, videos: each.videos }) : null;
    this.above.replaceChildren(...[crumbs(folder, this.say), folderTiles(found, this.say, remove)].filter(Boolean));
  }

  /** The list as a question to the server. */
  list() {
    const { sort, folder, tag, view } = this.data;
    const wanted = new URLSearchParams({ sort, below: view === "folders" ? "0" : "1" });
    for (const [name, value] of Object.entries({ folder, tag, text: this.text })) if (value) wanted.set(name, value);
    return wanted.toString();
  }

  /** What is asked, and who asks: what an owner was shown is not what a viewer is. */
  question() {
    return `${this.data.owner} ${this.list()}`;
  }

  /** A part of the list, as cards. */
  async window(offset, k, signal) {
    const found = await get(`/videos?${this.list()}&offset=${offset}&k=${k}`, { signal });
    return { total: found.total, videos: found.items.map(tile) };
  }

  async months() {
    if (!BY_MONTH.includes(this.data.sort)) return { total: (await this.window(0, 1)).total, months: [] };
    const months = (await get(`/videos/months?${this.list()}`)).items;
    return { total: months.reduce((sum, each) => sum + each.videos, 0), months };
  }

  async showWall() {
    const question = this.question();
    await this.tried(async () => {
      const found = await this.months();
      if (question === this.question() && !this.hasLeft) this.draw(question, found);
    });
  }

  draw(question, found, blocks) {
    const isFirst = !this.listed;
    this.chosen.clear();
    this.newer?.remove();
    this.listed = { question, found };
    this.wall.show(this.sections(found), blocks);
    this.scrubber.show(this.wall.sections, this.wall.host.offsetHeight);
    this.status.textContent = this.say("library.n_videos", { n: found.total });
    this.nothing?.remove();
    if (!found.total) this.above.append(this.nothing = h("p", { class: "mute nothing" }, this.nothingText()));
    const year = Number(this.data.year);
    const first = year && this.wall.sections.find(each => each.year === year);
    if (first && isFirst) this.wall.scrollTo(first.top);
  }

  sections(found) {
    if (!found.months.length) return found.total ? [{ title: "", n: found.total }] : [];
    const name = new Intl.DateTimeFormat(this.data.language, { month: "long", year: "numeric", timeZone: "UTC" });
    return found.months.map(({ year, month, videos: n }) => ({ title: name.format(Date.UTC(year, month - 1, 1)), year, n }));
  }

  goToShare(share, year) {
    this.wall.scrollTo(share * this.wall.host.offsetHeight);
    replace(changed({ year }));
  }

  async idsBetween(from, to) {
    const ids = [];
    for (let at = from; at <= to; at += AT_ONCE) {
      const found = await this.window(at, Math.min(AT_ONCE, to - at + 1));
      ids.push(...found.videos.map(each => each.id));
    }
    return ids;
  }

  /** The list has become another: it is shown when the person wants it, never under the cursor. */
  offerNew() {
    if (this.hasLeft) return;
    if (!this.wall.total) return void this.showWall();
    if (this.newer?.isConnected) return;
    this.newer = h("p", { class: "newer", role: "status" }, this.say("library.changed"), h("button", { type: "button", class: "outlined", onclick: () => this.showWall() }, this.say("library.show")));
    this.above.prepend(this.newer);
  }

  /** A job goes on: now and then it is looked whether videos came. */
  jobsGoOn() {
    if (Date.now() - (this.looked ?? 0) > LOOK_EVERY_MS) this.lookForNew();
  }

  /** A job began or ended. */
  jobsMoved(atWork) {
    if (!atWork) this.lookForNew();
  }

  async lookForNew() {
    this.looked = Date.now();
    await this.tried(async () => {
      const found = await this.months();
      if (found.total !== this.wall.total) this.offerNew();
    });
  }

  readingCame() {
    if (this.nothing?.isConnected) this.nothing.textContent = this.nothingText();
  }

  nothingText() {
    if (this.text || this.data.tag) return this.say("library.nothing");
    return this.say(this.isReading() && !this.data.folder ? "library.first_come" : "library.nothing_here");
  }
}
