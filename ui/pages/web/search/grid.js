// The results: a card a video, the example before them, and what can be done with each.

import { h } from "../shared/dom.js";
import { newId, send } from "../shared/api.js";
import { card, momentHref, similarHref, thumb, walkByArrows } from "../shared/card.js";
import { address, go } from "../shared/go.js";
import { offerUndo } from "../shared/undo.js";
import { curve, explanation, hasReason, overlay } from "../shared/why.js";
import { clock, decimals, span } from "../shared/words.js";

/** All cards. */
export function grid(data, say) {
  const options = { say, question: data.question, menu: (video, moment) => menu(data, say, video, moment) };
  const cards = data.videos.map(video => card(video, options));
  if (data.example?.kind === "video") cards.unshift(pinned(data.example, options));
  const list = h("ul", { class: "grid" }, cards);
  walkByArrows(list);
  return list;
}

function pinned(example, options) {
  const moment = { start_s: example.start_s, end_s: example.end_s, picture_s: (2 * example.start_s + example.end_s) / 3, why: [] };
  const made = card({ ...example, moments: [moment], where: options.say("search.your_example") }, options);
  made.querySelector(".picture").classList.add("your");
  return made;
}

function menu(data, say, video, moment) {
  const link = new URL(momentHref(video, moment), location.href).href;
  const copy = (text, told) => navigator.clipboard.writeText(text).then(() => offerUndo(say(told), ""));
  return [
    { text: say("menu.similar"), run: () => go(similarHref(video, moment)) },
    video.plays && video.withheld === "none" && { text: say("menu.play_here"), run: () => playHere(video, moment) },
    { text: say("menu.copy_link"), run: () => copy(link, "menu.link_copied") },
    video.path && { text: say("menu.copy_path"), run: () => copy(video.path, "menu.path_copied") },
    { text: say("menu.tag"), run: () => askTag(video, say) },
    moment && { text: say("menu.why"), run: () => why(data, say, video, moment) },
    { text: say("menu.hide"), run: () => hide(data, say, video) },
  ];
}

function cardOf(video) {
  const roots = [...document.querySelectorAll("*")].map(each => each.shadowRoot).filter(Boolean);
  for (const root of roots) {
    const found = root.querySelector(`.card[data-video-id="${CSS.escape(video.id)}"]`);
    if (found) return found;
  }
  return null;
}

/** Play the moment in its card, with sound; one plays at a time. */
function playHere(video, moment) {
  const frame = cardOf(video)?.querySelector(".picture");
  if (!frame) return;
  const player = h("video", { class: "here", controls: true, playsinline: true, autoplay: true, src: `/api/v1/media/${video.id}#t=${moment?.start_s ?? 0},${moment?.end_s ?? ""}`,
    "aria-label": video.title, onclick: event => event.preventDefault(), onended: () => end() });
  const heard = event => event.detail !== player && end();
  const escaped = event => event.key === "Escape" && end();
  const end = () => {
    player.remove();
    document.removeEventListener("reelwise:play", heard);
    document.removeEventListener("keydown", escaped);
  };
  document.dispatchEvent(new CustomEvent("reelwise:play", { detail: player }));
  document.addEventListener("reelwise:play", heard);
  document.addEventListener("keydown", escaped);
  frame.append(player);
}

function openDialog(video, title, ...content) {
  const close = h("button", { type: "button", class: "outlined", onclick: () => dialog.close() });
  const dialog = h("dialog", { "aria-label": title, onclose: () => dialog.remove() }, h("h2", {}, title), content, close);
  (cardOf(video)?.getRootNode() ?? document.body).append(dialog);
  dialog.showModal();
  return { dialog, close };
}

function why(data, say, video, moment) {
  const rows = [
    ["why.moment", span(moment.start_s, moment.end_s, video.duration_s)],
    ["why.relevance", decimals(moment.relevance, say.language)], ["why.score", decimals(moment.score, say.language, 3)],
    ...moment.why.map(each => [`channel.${each.channel}`, each.text || say("why.picture")]),
    ...moment.steps.map(each => ["why.step", `${clock(each.start_s)} ${each.text}`]),
    ["why.model", data.model], ["why.took", say("why.ms", { n: data.took_ms })],
  ];
  const { close } = openDialog(video, say("menu.why"), h("dl", {}, rows.flatMap(([name, value]) => [h("dt", {}, say(name)), h("dd", {}, value)])),
    isSeen(data, video, moment) && whereInPicture(data, say, video, moment));
  close.textContent = say("keys.done");
}

/** Whether the picture spoke for a moment, not its lines alone. */
function isSeen(data, video, moment) {
  return hasReason(data.question) && !video.gone && moment.why.some(each => each.channel === "picture");
}

/** On demand, for it costs a decode and a look of the network: which seconds, and what of the best frame, spoke. */
function whereInPicture(data, say, video, moment) {
  const place = h("div", { class: "where" });
  const tell = text => place.replaceChildren(h("p", { role: "status" }, text));
  const ask = async () => {
    tell(say("why.looking"));
    try {
      const told = await explanation(video.id, data.question, { start: moment.start_s, end: Math.min(moment.end_s, video.duration_s) });
      const best = told.frames.reduce((one, other) => (other.score > one.score ? other : one));
      const image = overlay(told, data.question, best.time_s);
      image.addEventListener("error", () => place.append(h("p", {}, say("why.no_part"))));
      const [first] = told.best;
      place.replaceChildren(
        h("div", { class: "picture" }, h("img", { src: thumb(video, { picture_s: best.time_s }), alt: "", width: 480, height: 270 }), image),
        h("div", { class: "curve-place", role: "img", "aria-label": say("why.curve") }, curve(told, told.start_s, told.end_s)),
        h("p", { class: "small" }, first ? say("why.best", { start: clock(first.start_s, true), end: clock(first.end_s, true) }) : say("why.flat")));
    } catch (problem) {
      tell(say("why.none", { problem: problem.message }));
    }
  };
  place.append(h("button", { type: "button", class: "outlined", onclick: ask }, say("why.where")));
  return place;
}

function askTag(video, say) {
  const field = h("input", { type: "text", "aria-label": say("menu.tag"), maxlength: 100, autofocus: true });
  const form = h("form", { method: "dialog", onsubmit: async () => {
    const tag = field.value.trim();
    if (!tag) return;
    try {
      const tagging = { video_ids: [Number(video.id)], tags: [tag] };
      await send("POST", "/tags", tagging);
      offerUndo(say("undo.tagged", { tag, title: video.title }), say("undo.undo"), () => send("DELETE", "/tags", tagging));
    } catch (error) {
      offerUndo(`${error.message}. ${error.fix ?? ""}`, "");
    }
  } }, field, h("p", {}, h("button", { class: "main" }, say("menu.tag"))));
  const { close } = openDialog(video, video.title, form);
  close.textContent = say("keys.done");
}

/** Never recommend it again to the person who asks; it is found as before, and nobody else's choice is changed. */
async function hide(data, say, video) {
  if (!data.person) return go(address("/people"));
  try {
    const happened = { user: data.person, video_id: Number(video.id), kind: "hide", client_id: newId(), source: "page" };
    const [{ event }] = (await send("POST", "/events", happened)).results;
    offerUndo(say("undo.hidden", { title: video.title }), say("undo.undo"),
      () => send("DELETE", `/events/${event.id}?user=${encodeURIComponent(data.person)}`));
  } catch (error) {
    offerUndo(`${error.message}. ${error.fix ?? ""}`, "");
  }
}
