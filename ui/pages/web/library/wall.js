// A wall of pictures of any length: only what is in sight is in the page, and any place is one
// request away. The list is given as sections (months) with the number of videos in each.

import { h } from "../shared/dom.js";
import { card } from "../shared/card.js";

const BLOCK = 60; // videos in one request
const BLOCKS_KEPT = 30;
const GAP = 16;
const ROW_GAP = 20;
const TEXT = 48; // title and second line, below a picture
const HEAD = 52; // heading of a section
const AHEAD = 1; // rows beyond the edge of the screen

export const scrollBox = () => document.querySelector('[data-testid="stMain"]') ?? document.scrollingElement;

/** Pictures beside each other in a width. */
export function columnsOf(width) {
  return [[520, 2], [860, 3], [1280, 4], [1800, 5]].find(([most]) => width < most)?.[1] ?? 6;
}

/** Where sections lie: `sections` [{title, n}] gets {first, top, rows, height}; returns the height. */
export function layOut(sections, columns, rowHeight) {
  let [first, top] = [0, 0];
  for (const each of sections) {
    const head = each.title ? HEAD : 0;
    const rows = Math.ceil(each.n / columns);
    Object.assign(each, { first, top, head, rows, height: head + rows * rowHeight });
    first += each.n;
    top += each.height;
  }
  return top;
}

/** The section in which a place of the wall (pixels from its top) lies. */
export function sectionAt(sections, place) {
  let [low, high] = [0, sections.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (sections[middle].top <= place) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The section that has the video of a number. */
export function sectionOf(sections, index) {
  return sections.findIndex(each => index < each.first + each.n);
}

/** A picture that is on its way comes no more: those that are in sight need the way. */
function forgetPicture(element) {
  for (const picture of element.querySelectorAll("img")) if (!picture.complete) picture.removeAttribute("src");
}

/** `load(offset, k, signal)` gives {total, videos}; `decorate(li, video, index)` adds to a card. */
export class Wall {
  constructor({ say, load, menu, decorate, changed, failed, moved }) {
    Object.assign(this, { say, load, menu, decorate, changed, failed, moved });
    this.host = h("div", { class: "wall", role: "region", "aria-label": say("library.wall") });
    this.stop = new AbortController();
    this.blocks = new Map();
    this.cards = new Map();
    this.parts = new Map();
    this.sections = [];
    this.total = 0;
    const redraw = () => this.soon();
    document.addEventListener("scroll", redraw, { signal: this.stop.signal, capture: true, passive: true });
    window.addEventListener("resize", redraw, { signal: this.stop.signal });
    this.watched = new ResizeObserver(redraw);
    this.watched.observe(this.host);
    this.host.addEventListener("keydown", event => this.key(event));
  }

  /** Show another list; `blocks` are those that were `known` when it was last seen, until they are renewed. */
  show(sections, blocks = new Map()) {
    this.isRenewing = false;
    this.sections = sections;
    this.total = sections.reduce((sum, each) => sum + each.n, 0);
    for (const block of this.blocks.values()) block.stop?.abort();
    this.blocks = new Map([...blocks].map(([number, videos]) => [number, { videos, isOld: true }]));
    for (const part of this.parts.values()) part.element.remove();
    this.parts.clear();
    this.cards.clear();
    this.width = 0;
    this.draw();
  }

  /** By number, the blocks of the list that have come. */
  known() {
    return new Map([...this.blocks].filter(([, block]) => block.videos).map(([number, block]) => [number, block.videos]));
  }

  /** Ask again for what was known before: what is shown is replaced by what has become of it. */
  renew() {
    this.isRenewing = true;
    this.soon();
  }

  leave() {
    this.stop.abort();
    this.watched.disconnect();
    for (const element of this.cards.values()) forgetPicture(element);
    for (const block of this.blocks.values()) block.stop?.abort();
  }

  soon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      if (this.host.isConnected) this.draw();
    });
  }

  /** Whether the styles have come: before, every width is another. */
  isStyled() {
    return getComputedStyle(this.host).position === "relative";
  }

  /** Lay the list out for the width of now; says whether that changed anything. */
  measure() {
    const width = this.host.clientWidth;
    if (!width || width === this.width || !this.isStyled()) return false;
    this.width = width;
    this.columns = columnsOf(width);
    this.cardWidth = (width - GAP * (this.columns - 1)) / this.columns;
    this.rowHeight = Math.round(this.cardWidth * 9 / 16) + TEXT + ROW_GAP;
    this.host.style.height = `${layOut(this.sections, this.columns, this.rowHeight)}px`;
    for (const part of this.parts.values()) this.placePart(part);
    for (const [index, element] of this.cards) this.place(element, index);
    return true;
  }

  /** Draw what is in sight, and take away what is not. */
  draw() {
    if (this.measure() || !this.isStyled()) return void this.soon(); // first the page comes to its place in the new height
    if (!this.width || !this.sections.length) return;
    const [from, to] = this.inSight();
    const wanted = this.wantedIndexes(from - AHEAD * this.rowHeight, to + AHEAD * this.rowHeight);
    for (const [index, element] of this.cards) {
      if (wanted.has(index) || element.contains(this.focused())) continue;
      element.remove();
      forgetPicture(element);
      this.cards.delete(index);
    }
    this.dropParts();
    for (const index of wanted) this.put(index);
    this.fetchBlocks(wanted);
    this.moved?.(this.sections[sectionAt(this.sections, from + 1)], from, to);
  }

  inSight() {
    const above = -this.host.getBoundingClientRect().top;
    return [Math.max(0, above), Math.max(0, above + window.innerHeight)];
  }

  wantedIndexes(from, to) {
    const wanted = new Set();
    for (let at = sectionAt(this.sections, Math.max(0, from)); at < this.sections.length; at += 1) {
      const section = this.sections[at];
      if (section.top > to) break;
      const start = section.top + section.head;
      const first = Math.max(0, Math.floor((from - start) / this.rowHeight));
      const last = Math.min(section.rows - 1, Math.floor((to - start) / this.rowHeight));
      const end = Math.min((last + 1) * this.columns, section.n);
      for (let place = first * this.columns; place < end; place += 1) wanted.add(section.first + place);
    }
    return wanted;
  }

  part(number) {
    const known = this.parts.get(number);
    if (known) return known;
    const section = this.sections[number];
    const list = h("ul", { "aria-label": section.title || this.say("library.wall") });
    const element = section.title
      ? h("section", { class: "part", "aria-label": section.title }, h("h2", {}, section.title), list)
      : h("div", { class: "part" }, list);
    const part = { number, element, list, section };
    this.placePart(part);
    const after = [...this.parts.values()].filter(each => each.number > number).sort((a, b) => a.number - b.number)[0];
    this.host.insertBefore(element, after?.element ?? null);
    this.parts.set(number, part);
    return part;
  }

  placePart({ element, section }) {
    element.style.top = `${section.top}px`;
    element.style.height = `${section.height}px`;
  }

  dropParts() {
    for (const [number, part] of this.parts) {
      if (part.list.childElementCount) continue;
      part.element.remove();
      this.parts.delete(number);
    }
  }

  videoAt(index) {
    return this.blocks.get(Math.floor(index / BLOCK))?.videos?.[index % BLOCK];
  }

  put(index) {
    const known = this.cards.get(index);
    const video = this.videoAt(index);
    if (known && (known.dataset.videoId || !video)) return;
    const element = video ? card(video, { say: this.say, question: { from: "library" }, menu: this.menu }) : h("li", { class: "card waits" }, h("div", { class: "picture" }));
    element.dataset.index = index;
    element.setAttribute("aria-posinset", String(index + 1));
    element.setAttribute("aria-setsize", String(this.total));
    if (video) this.decorate?.(element, video, index);
    this.place(element, index);
    const { list } = this.part(sectionOf(this.sections, index));
    if (known) known.replaceWith(element);
    else list.insertBefore(element, [...list.children].find(each => Number(each.dataset.index) > index) ?? null);
    this.cards.set(index, element);
    if (video && this.wantsFocus === index) this.focusOn(element);
  }

  place(element, index) {
    const section = this.sections[sectionOf(this.sections, index)];
    const at = index - section.first;
    element.style.width = `${this.cardWidth}px`;
    element.style.left = `${(at % this.columns) * (this.cardWidth + GAP)}px`;
    element.style.top = `${section.head + Math.floor(at / this.columns) * this.rowHeight}px`;
  }

  fetchBlocks(wanted) {
    const numbers = new Set([...wanted].map(index => Math.floor(index / BLOCK)));
    for (const [number, block] of this.blocks) {
      if (numbers.has(number)) continue;
      if (!block.videos) block.stop.abort(); // passed by on the way to another place
      if (!block.videos || this.blocks.size > BLOCKS_KEPT) this.blocks.delete(number);
    }
    for (const number of numbers) {
      const block = this.blocks.get(number);
      if (!block || (block.isOld && this.isRenewing)) this.fetchBlock(number);
    }
  }

  async fetchBlock(number) {
    const before = this.blocks.get(number)?.videos;
    const block = { stop: new AbortController(), videos: before, isOld: false };
    this.blocks.set(number, block);
    try {
      const found = await this.load(number * BLOCK, BLOCK, block.stop.signal);
      if (this.blocks.get(number) !== block) return;
      block.videos = found.videos;
      if (before) this.takeChanged(number * BLOCK, before, found.videos);
      if (found.total !== this.total) this.changed?.(found.total);
      this.soon();
    } catch (error) {
      if (error.name === "AbortError" || this.blocks.get(number) !== block) return;
      this.blocks.delete(number);
      this.failed?.(error);
      setTimeout(() => this.soon(), 3000);
    }
  }

  /** Take away the cards of videos that are not what they were: they are drawn anew. */
  takeChanged(first, before, now) {
    before.forEach((video, at) => {
      const known = this.cards.get(first + at);
      if (!known || JSON.stringify(video) === JSON.stringify(now[at])) return;
      if (known.contains(this.focused())) this.wantsFocus = first + at;
      known.remove();
      this.cards.delete(first + at);
    });
  }

  focused() {
    return this.host.getRootNode().activeElement;
  }

  focusOn(element) {
    this.wantsFocus = undefined;
    element.querySelector("a.picture")?.focus({ preventScroll: true });
  }

  /** Scroll so that a place of the wall stands at the top of the screen. */
  scrollTo(place) {
    scrollBox().scrollTop += this.host.getBoundingClientRect().top + place - this.headroom();
    this.draw();
  }

  headroom() {
    return document.querySelector(".st-key-frame")?.getBoundingClientRect().height ?? 0;
  }

  /** Bring a video into sight and give it the focus. */
  goTo(index) {
    const section = this.sections[sectionOf(this.sections, index)];
    const top = section.top + section.head + Math.floor((index - section.first) / this.columns) * this.rowHeight;
    const [from, to] = this.inSight();
    this.wantsFocus = index;
    if (top < from + this.headroom()) this.scrollTo(top - 8);
    else if (top + this.rowHeight > to) this.scrollTo(top + this.rowHeight - (to - from) + this.headroom() + 8);
    const there = this.cards.get(index);
    if (there?.dataset.videoId) this.focusOn(there);
    else this.draw();
  }

  key(event) {
    const element = event.composedPath().find(each => each.dataset?.index !== undefined);
    if (!element || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!event.composedPath()[0].matches?.(".picture, .tick")) return;
    const index = Number(element.dataset.index);
    const to = this.neighbour(index, event.key);
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.goTo(Math.min(Math.max(to, 0), this.total - 1));
  }

  neighbour(index, key) {
    if (key === "ArrowLeft") return index - 1;
    if (key === "ArrowRight") return index + 1;
    if (key === "Home") return 0;
    if (key === "End") return this.total - 1;
    if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
    const number = sectionOf(this.sections, index);
    const section = this.sections[number];
    const at = index - section.first + (key === "ArrowDown" ? this.columns : -this.columns);
    if (at >= 0 && at < section.n) return section.first + at;
    const other = this.sections[number + (at < 0 ? -1 : 1)];
    const column = (index - section.first) % this.columns;
    const lastRow = Math.floor((section.n - 1) / this.columns);
    if (at >= 0 && Math.floor((index - section.first) / this.columns) < lastRow) return section.first + section.n - 1;
    if (!other) return index;
    if (at >= 0) return other.first + Math.min(column, other.n - 1);
    const row = Math.floor((other.n - 1) / this.columns);
    return other.first + Math.min(row * this.columns + column, other.n - 1);
  }
}
