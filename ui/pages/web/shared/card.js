// A card: a picture with a link to its moment, other moments of the same video as a strip, and why.

import { h, icon } from "./dom.js";
import { address, follow, go } from "./go.js";
import { openMenu } from "./menu.js";
import { previewOnHover } from "./preview.js";
import { clock, span } from "./words.js";

/** Where a moment of a video is watched, with the question that found it. */
export function momentHref(video, moment, question = {}) {
  return address("/video", { v: video.id, t: moment?.start_s?.toFixed(2), ...question });
}

/** The picture of a video, or of one of its moments. */
export function thumb(video, moment) {
  return `/api/v1/thumbs/${video.id}?t=${(moment?.picture_s ?? video.picture_s).toFixed(2)}`;
}

/** What moves under the pointer: the file from its moment on, or the moment converted where no browser plays the file. */
function moving(video, moment) {
  const [start_s, end_s] = [moment?.start_s ?? 0, moment?.end_s];
  const isKept = (video.withheld ?? "none") !== "none"; // then there is no file; what was found is shown
  if (isKept && !moment) return { source: "", whole: false, start_s: 0 };
  if (video.plays && !isKept) return { source: `/api/v1/media/${video.id}`, whole: true, start_s, end_s };
  const stretch = new URLSearchParams({ start: start_s.toFixed(2), end: (end_s ?? start_s + 10).toFixed(2) });
  return { source: video.gone ? "" : `/api/v1/previews/${video.id}?${stretch}`, whole: false, start_s: 0 };
}

/** The picture of a video, or of a moment of it; in place of one that is withheld, the word. */
export function still(video, moment, say) {
  if (video.withheld === "picture" && !moment) return h("span", { class: "withheld" }, say("card.withheld"));
  return h("img", { src: thumb(video, moment), alt: "", loading: "lazy", decoding: "async", width: 480, height: 270, onerror: event => event.target.remove() });
}

function picture(video, moment, { isSmall, question, say }) {
  const place = still(video, moment, say);
  const badges = [];
  if (moment) badges.push(h("span", { class: "badge" }, isSmall ? clock(moment.start_s, video.duration_s < 20) : span(moment.start_s, moment.end_s, video.duration_s)));
  if (!isSmall) badges.push(h("span", { class: "badge right" }, h("span", { class: "only-heard" }, `, ${say("card.length")} `), clock(video.duration_s)));
  if (video.seen_share) badges.push(h("span", { class: "bar", style: `width:${Math.round(100 * video.seen_share)}%` }));
  const link = h("a", { class: "picture", href: momentHref(video, moment, question), onclick: follow },
    place, h("span", { class: "only-heard" }, `${video.title}, `), badges);
  previewOnHover(link, moving(video, moment));
  return link;
}

/** How well it matches, in five steps. */
export function dots(match, say) {
  return h("span", { class: "dots", role: "img", "aria-label": say("card.match", { n: match }) },
    [1, 2, 3, 4, 5].map(step => h("i", { class: step <= match ? "on" : "" })));
}

/** Text with some words marked: `marks` are [first, one after the last] characters. */
export function marked(text, marks = []) {
  const characters = [...text];
  const parts = [];
  let at = 0;
  for (const [start, end] of marks) {
    parts.push(characters.slice(at, start).join(""), h("mark", {}, characters.slice(start, end).join("")));
    at = end;
  }
  return [...parts, characters.slice(at).join("")];
}

/** A card. `items` of `options.menu(video, moment)` stand behind the three dots. */
export function card(video, options) {
  const { say } = options;
  const [best, ...others] = video.moments ?? [];
  const more = h("button", { type: "button", class: "more", "aria-haspopup": "menu", "aria-expanded": "false",
    "aria-label": say("card.menu", { title: video.title }), onclick: () => openMenu(more, options.menu(video, best), video.title) }, icon("more"));
  const made = h("li", { class: "card", "data-video-id": video.id },
    picture(video, best, options),
    others.length > 0 && h("div", { class: "strip" }, others.slice(0, 3).map(each => picture(video, each, { ...options, isSmall: true }))),
    h("div", { class: "about" },
      h("div", {}, h("h3", {}, h("a", { href: momentHref(video, best, options.question), onclick: follow, tabindex: "-1" }, video.title)),
        h("p", { class: "where", title: video.path ?? null }, video.where)),
      h("div", { class: "has-menu" }, more)),
    h("div", { class: "why" }, why(video, best, options)));
  made.addEventListener("keydown", event => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === ".") more.click();
    else if (event.key === "s") go(similarHref(video, best));
    else return;
    event.preventDefault();
  });
  return made;
}

/** More like a moment. */
export function similarHref(video, moment) {
  return address("/", { like: moment ? `${video.id}@${moment.start_s.toFixed(2)}-${moment.end_s.toFixed(2)}` : String(video.id) });
}

function why(video, best, { say }) {
  const parts = [];
  if (video.match) parts.push(dots(video.match, say));
  for (const reason of best?.why ?? [])
    parts.push(h("span", { class: "chip" }, h("span", {}, say(`channel.${reason.channel}`), reason.text ? ": " : ""), reason.text && h("span", {}, marked(reason.text, reason.marks))));
  if (video.more_moments) parts.push(h("a", { class: "mute small", href: momentHref(video, best, {}), onclick: follow }, say("card.more", { n: video.more_moments })));
  if (video.copies) parts.push(h("span", { class: "mute small", title: video.copies_at ?? null }, say("card.copies", { n: video.copies })));
  if (video.gone) parts.push(h("span", { class: "mute small" }, say("card.gone")));
  return parts;
}

/** Arrow keys walk the pictures of a grid, by where they lie on the screen. */
export function walkByArrows(list) {
  list.addEventListener("keydown", event => {
    const links = [...list.querySelectorAll(".card > .picture")];
    const at = links.indexOf(event.composedPath().find(each => each.classList?.contains("picture")));
    if (at < 0 || !event.key.startsWith("Arrow")) return;
    const across = links.filter(each => Math.abs(each.getBoundingClientRect().top - links[0].getBoundingClientRect().top) < 2).length || 1;
    const to = links[at + { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key]];
    if (!to) return;
    event.preventDefault();
    to.focus();
    to.scrollIntoView({ block: "nearest" });
  });
}
