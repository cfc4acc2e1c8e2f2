// Videos as cards: search results and shelves. Python gives the cards; a card is changed in its place.

import { h, rootOf } from "./shared/dom.js";
import { card, similarHref, walkByArrows } from "./shared/card.js";
import { go } from "./shared/go.js";
import { speaker } from "./shared/words.js";

function menuOf(data, say) {
  return (video, moment) => [
    { text: say("menu.similar"), run: () => go(similarHref(video, moment)) },
    { text: say("menu.copy_link"), run: () => navigator.clipboard.writeText(new URL(`/video?v=${video.id}${moment ? `&t=${moment.start_s.toFixed(2)}` : ""}`, location.href).href) },
    video.path && { text: say("menu.copy_path"), run: () => navigator.clipboard.writeText(video.path) },
  ];
}

export default function ({ parentElement, data, setTriggerValue }) {
  const root = rootOf(parentElement, "grid-root");
  const say = speaker(data.words, data.language);
  const options = { say, question: data.question, menu: menuOf(data, say) };
  const list = h("ul", { class: "grid", "aria-label": data.name }, data.videos.map(video => card(video, options)));
  walkByArrows(list);
  const more = data.more && h("button", { type: "button", class: "outlined", onclick: () => setTriggerValue("more", data.videos.length) }, say("grid.more"));
  root.replaceChildren(...[list, more && h("p", { class: "after" }, more)].filter(Boolean));
}
