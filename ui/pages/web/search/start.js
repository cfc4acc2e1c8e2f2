// Before anything is asked: what one asked before, what is new, and what one could ask.

import { h } from "../shared/dom.js";
import { address, follow } from "../shared/go.js";
import { grid } from "./grid.js";

const questions = (items, label) => h("ul", { class: "ideas", "aria-label": label }, items.map(({ text, href }) => h("li", {}, h("a", { class: "chip", href, onclick: follow }, text))));

/** The start page; `narrows` are the filters, by which alone videos can be shown. */
export function start(data, say, narrows) {
  const shelf = (name, items) => items?.length ? [h("h2", {}, say(name)), questions(items, say(name))] : [];
  return [
    h("h1", {}, say("search.question")),
    h("p", { class: "mute" }, say("search.count", { n: data.n_videos })), narrows,
    ...shelf("search.saved", data.saved), ...shelf("search.recent", data.recent),
    ...shelf("search.ideas", data.ideas.map(text => ({ text, href: address("/", { q: text }) }))),
    h("h2", {}, say("search.new")), grid({ ...data, videos: data.new, question: { from: "library" } }, say),
  ];
}
