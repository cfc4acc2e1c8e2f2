// Duplicates: groups side by side; keep all of a group, or take one out of the library.

import { h } from "../shared/dom.js";
import { get, send } from "../shared/api.js";
import { keepFocus } from "../shared/focus.js";
import { card } from "../shared/card.js";
import { offerUndo } from "../shared/undo.js";
import { tile } from "./tile.js";
import { bytes } from "../shared/amounts.js";
import { decimals } from "../shared/words.js";

export class DuplicatesView {
  constructor({ say, language, actions, menu }) {
    Object.assign(this, { say, language, actions, menu });
    this.element = h("section", { class: "duplicates", "aria-label": say("library.duplicates") });
  }

  async show() {
    this.found = await get("/library/duplicates");
    keepFocus(() => this.draw());
  }

  draw() {
    const { say, found } = this;
    const compare = h("button", { type: "button", class: "outlined", onclick: () => this.actions.start("duplicates", {}) }, say("copies.compare"));
    const told = !found.compared ? say("copies.never") : found.total ? say("copies.n", { n: found.total, size: bytes(found.freed_bytes, this.language) }) : say("copies.none");
    this.element.replaceChildren(
      h("div", { class: "tools" }, h("p", { role: "status" }, told), compare),
      ...(found.groups.length ? [h("p", { class: "mute about" }, say("copies.about"))] : []),
      ...found.groups.map((group, i) => this.group(group, i)));
  }

  group(group, number) {
    const { say } = this;
    const ids = group.videos.map(each => each.card.video_id);
    return h("section", { class: "panel copies", "data-key": ids.join(), "aria-label": say("copies.group", { n: number + 1 }) },
      h("h2", {}, group.videos[0].card.title),
      h("ul", { class: "side" }, group.videos.map((each, i) => this.copy(each, i === 0 ? group.why : "", group))),
      h("p", { class: "buttons" }, h("button", { type: "button", class: "outlined", onclick: () => this.keep(group, ids) }, this.keepWord(group))));
  }

  /** How many stay is said: videos, or the places of one. */
  keepWord({ videos }) {
    if (videos.length > 1) return this.say("copies.keep", { n: videos.length });
    return this.say("copies.keep_places", { n: videos[0].places.length });
  }

  copy(each, why, group) {
    const { say } = this;
    const made = card(tile(each.card), { say, question: {}, menu: this.menu });
    const facts = [
      `${each.width_px} × ${each.height_px}`, each.codec, bytes(each.size_bytes, this.language),
      each.bits_per_s > 0 && `${decimals(each.bits_per_s / 1e6, this.language, 1)} Mbit/s`,
      each.places.length > 1 && say("copies.places", { n: each.places.length })];
    made.append(h("p", { class: "small" }, say(`copies.${each.relation}`), why ? `: ${say(`copies.why_${why.split(" ")[0]}`)}` : ""),
      h("p", { class: "mute small" }, facts.filter(Boolean).join(" · ")),
      each.places.length > 1 ? h("ul", { class: "mute small path" }, each.places.map(place => h("li", {}, place))) : "",
      group.videos.length > 1 ? h("p", { class: "buttons" }, h("button", { type: "button", onclick: () => this.hide(each) }, say("copies.hide"))) : "");
    return made;
  }

  async hide(each) {
    await this.actions.leaveOut({ videos: [each.card.video_id] }, each.card.title);
    await this.show();
  }

  async keep(group, ids) {
    const { say } = this;
    await send("POST", "/library/duplicates/keep", { videos: ids });
    await this.show();
    offerUndo(say("copies.kept"), say("undo.undo"), async () => {
      await send("DELETE", `/library/duplicates/keep?${ids.map(id => `videos=${id}`).join("&")}`);
      await this.show();
    });
  }
}
