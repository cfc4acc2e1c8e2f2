// The Search page: chips, the results as pictures, and honest words where there are few or none.

import { h, rootOf } from "./shared/dom.js";
import { keepFocus } from "./shared/focus.js";
import { changed, follow, go } from "./shared/go.js";
import { mendButton } from "./shared/mending.js";
import { fixInWords, inWords, speaker } from "./shared/words.js";
import { grid } from "./search/grid.js";
import { openFilters } from "./search/filters.js";
import { start } from "./search/start.js";
import { saveSearch } from "./search/saved.js";

const SORTS = ["match", "new", "old", "short", "long", "title"];
const FILLS_ITSELF = 10; // times that "Show more" is pressed by coming into view
const AT_FIRST = 24;

function chips(data, say) {
  const made = data.chips.map(chip => h("button", { type: "button", class: "chip on", "aria-label": say("search.without", { text: chip.text }),
    onclick: () => go(changed(chip.without)) }, chip.text, h("span", { "aria-hidden": "true" }, "×")));
  const filter = h("button", { type: "button", class: "chip", "aria-haspopup": "dialog", onclick: () => openFilters(filter.getRootNode(), data, say) }, `+ ${say("search.filter")}`);
  const all = Object.assign({}, ...data.chips.map(chip => chip.without));
  for (const name of Object.keys(all)) all[name] = null;
  return h("div", { class: "row chips", role: "group", "aria-label": say("search.filters") }, made, filter,
    data.chips.length > 1 && h("button", { type: "button", onclick: () => go(changed(all)) }, say("search.clear_all")),
    ["results", "videos"].includes(data.view) && sortBox(data, say));
}

/** Where nothing is looked for, nothing matches better than another. */
function sortBox(data, say) {
  const [usual, ...others] = data.view === "videos" ? SORTS.slice(1) : SORTS;
  const box = h("select", { "aria-label": say("search.sort"), class: "end", onchange: () => go(changed({ sort: box.value === usual ? null : box.value, n: null })) },
    [usual, ...others].map(each => h("option", { value: each, selected: each === data.sort }, say(`search.sort_${each}`))));
  return box;
}

function example(data, say) {
  const given = data.example;
  if (!given) return null;
  if (given.kind === "video") return null; // it is the first tile of the grid
  const picture = h("span", { class: "picture" }, h("img", { src: `/api/v1/examples/${given.id}/thumb`, alt: "" }));
  return h("div", { class: "example" }, picture, h("div", {}, h("b", {}, given.title), h("span", { class: "mute small" }, say("search.your_example")),
    given.kind === "clip" && part(given, say)),
    h("button", { type: "button", onclick: () => go(changed({ like: null, n: null })) }, say("search.remove_example")));
}

/** Which seconds of a given clip are the example. */
function part(given, say) {
  const [start, end] = (given.part.split("@")[1] ?? "-").split("-");
  const field = (name, value) => h("input", { type: "number", min: 0, step: 0.1, value, "aria-label": say(name), placeholder: say(name) });
  const [from, to] = [field("search.from_s", start), field("search.to_s", end)];
  return h("form", { class: "row", onsubmit: event => {
    event.preventDefault();
    go(changed({ like: from.value && to.value ? `${given.id}@${from.value}-${to.value}` : given.id, n: null }));
  } }, from, to, h("button", { class: "outlined" }, say("search.use_part")));
}

function told(data, say) {
  const by = data.by.map(each => say(`filter.in_${each}`)).join(", ");
  const numbers = `${say("search.videos", { n: data.n_videos })}, ${say("search.moments", { n: data.n_moments })}`;
  return h("div", { class: "told" }, h("b", { role: "status" }, numbers), by && h("span", { class: "mute" }, say("search.found_by", { by })),
    h("span", { class: "end" }), data.person && h("button", { type: "button", class: "outlined", onclick: event => saveSearch(event.currentTarget, data, say) }, say("search.save")));
}

/** Nothing, or nothing good: what is the reason, and what to do. */
function few(data, say) {
  const what = data.question.q || data.example?.title || "";
  if (data.n_videos === 0) {
    const { hides } = data;
    return h("div", { class: "center" }, h("h1", { "aria-live": "polite" }, say(what ? "search.none_of" : "search.none", { what })),
      hides && h("p", {}, h("button", { type: "button", class: "outlined", onclick: () => go(changed({ [hides.name]: null, n: null })) },
        say("search.without_filter", { filter: say(`filter.${hides.name}`), n: hides.n }))));
  }
  if (data.confident || data.is_all) return null;
  const reason = data.unknown.length ? say("search.unknown", { words: data.unknown.join(", ") }) : say("search.nearest");
  return h("div", { class: "center" }, h("h1", { "aria-live": "polite" }, say(what ? "search.not_well" : "search.not_well_example", { what })), h("p", {}, reason),
    data.n_weak > 0 && h("p", {}, h("button", { type: "button", class: "outlined", onclick: () => go(changed({ all: 1 })) }, say("search.show_anyway"))));
}

function more(data, say) {
  if (data.more === null) {
    return h("p", { class: "after mute" }, data.n_videos > 0 && (data.confident || data.is_all) && say("search.all_shown", { n: data.n_moments }),
      " ", data.confident && data.n_weak > 0 && h("button", { type: "button", class: "outlined", onclick: () => go(changed({ all: 1 })) }, say("search.weaker", { n: data.n_weak })));
  }
  const press = () => go(changed({ n: data.more }), { replaces: true, stays: true });
  const button = h("button", { type: "button", class: "outlined", onclick: press }, say("search.more"));
  if (data.more / AT_FIRST <= FILLS_ITSELF) {
    const watch = new IntersectionObserver(seen => {
      if (!seen.some(each => each.isIntersecting)) return;
      watch.disconnect();
      if (button.isConnected) press();
    }, { rootMargin: "400px" });
    watch.observe(button);
  }
  return h("p", { class: "after" }, button);
}

function problem(data, say, mended) {
  return h("div", { class: "problem", role: "alert" }, h("b", {}, inWords(data.problem)), h("span", {}, fixInWords(data.fix)), mendButton(data.action, say, mended));
}

/** What is to be known beside the results; one after the other, with what the page can do about it. */
function notices(data, say, mended) {
  return data.notices.map(each => h("p", { class: "notices" }, inWords(each.text), " ", mendButton(each.action, say, mended)));
}

const VIEWS = {
  nothing_indexed: (data, say) => [h("div", { class: "center" }, h("h1", {}, say("search.nothing_indexed")), h("p", {}, say("search.index_first")),
    h("p", {}, h("a", { href: "/library", onclick: follow, class: "chip on" }, say("search.to_library"))))],
  start: (data, say) => start(data, say, chips(data, say)),
  videos: (data, say) => [
    h("h1", { class: "only-heard" }, say("search.title")), chips(data, say),
    data.n_videos > 0 ? h("div", { class: "told" }, h("b", { role: "status" }, say("search.videos", { n: data.n_videos }))) : few(data, say),
    h("h2", { class: "only-heard" }, say("search.results")), grid({ ...data, question: { from: "library" } }, say), more(data, say)],
  problem: (data, say, mended) => [h("h1", { class: "only-heard" }, say("search.title")), chips(data, say), example(data, say), problem(data, say, mended)],
  results: (data, say, mended) => [
    h("h1", { class: "only-heard" }, say("search.title")), chips(data, say), example(data, say),
    ...notices(data, say, mended),
    data.n_videos > 0 && (data.confident || data.is_all) && told(data, say), few(data, say),
    h("h2", { class: "only-heard" }, say("search.results")), grid(data, say), more(data, say)],
};

export default function ({ parentElement, data: [data], setTriggerValue }) {
  const root = rootOf(parentElement, "search-root");
  const text = JSON.stringify(data);
  if (root.drawn === text) return;
  root.drawn = text;
  const say = speaker(data.words, data.language);
  const mended = () => setTriggerValue("mended", true);
  const leftOut = data.left_out.map(([name, value]) => h("p", { class: "notices", role: "status" }, say("search.left_out", { name, value })));
  keepFocus(() => root.replaceChildren(...leftOut, ...VIEWS[data.view](data, say, mended).filter(Boolean)));
}
