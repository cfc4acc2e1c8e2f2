// Health: what the library holds, what was read, which model answers, how the recommender is.

import { h } from "../shared/dom.js";
import { get } from "../shared/api.js";
import { ago, bytes } from "../shared/amounts.js";
import { mendButton } from "../shared/mending.js";
import { decimals, inWords } from "../shared/words.js";

export class HealthView {
  constructor({ say, language, actions }) {
    Object.assign(this, { say, language, actions });
    this.element = h("section", { class: "health", "aria-label": say("library.health") });
  }

  async show() {
    this.found = await get("/library/health");
    this.draw();
  }

  draw() {
    const { say, found } = this;
    this.element.replaceChildren(...[
      ...found.advised.map(each => h("p", { class: "warning", role: "alert" }, inWords(each.text), " ", mendButton(each.action, say, () => this.show()))),
      this.panel("health.holds", this.figures()), this.panel("health.read", this.channels()),
      this.panel("health.model", this.model()), this.panel("health.recommender", this.recommender()),
      this.panel("health.index", this.index()), this.panel("health.folders", this.roots())].filter(Boolean));
  }

  panel(title, content) {
    return h("section", { class: "panel" }, h("h2", {}, this.say(title)), content);
  }

  figures() {
    const { say, found, language } = this;
    const number = n => n.toLocaleString(language);
    const rows = [["health.videos", number(found.videos)], ["health.moments", number(found.clips)], ["health.hours", number(Math.round(found.hours * 10) / 10)],
      ["health.size", bytes(found.size_bytes, language)], ["health.own_size", bytes(found.home_bytes, language)], ["health.failed", number(found.failed + found.partial)], ["health.pending", number(found.pending)]];
    return h("dl", { class: "figures" }, rows.map(([name, value]) => h("div", {}, h("dt", {}, say(name)), h("dd", {}, value))));
  }

  channels() {
    const { say, found } = this;
    return h("ul", { class: "channels" }, found.channels.map(each => {
      const name = say(`health.channel_${each.name}`);
      const bar = h("i", {});
      bar.style.width = `${each.percent}%`;
      return h("li", {}, h("span", {}, name), h("span", { class: "bar", role: "img", "aria-label": say("health.percent", { name, n: each.percent }) }, bar),
        h("span", { class: "mute small" }, [`${each.percent} %`, each.lines > 0 && say("health.lines", { n: each.lines }), each.failed > 0 && say("health.not_read", { n: each.failed })].filter(Boolean).join(" · ")));
    }));
  }

  model() {
    const { say, found } = this;
    if (!found.model) return h("p", {}, say("health.no_model"));
    return [h("p", {}, h("b", {}, found.model), " ", say(`health.model_${found.model_kind}`)), found.notice && h("p", { class: "mute small" }, inWords(found.notice))];
  }

  recommender() {
    const { say, found, language } = this;
    const known = found.recommender;
    const told = known.fitted_at
      ? say("health.trained", { ago: ago(known.fitted_at, language), n: known.events, people: known.people })
      : say("health.quick");
    return [h("p", {}, told), known.events_since > 0 && h("p", { class: "mute small" }, say("health.since", { n: known.events_since })),
      h("p", { class: "buttons" }, h("button", { type: "button", class: "outlined", onclick: () => this.actions.start("train", {}) }, say("health.train")))];
  }

  index() {
    const { say, found } = this;
    if (!found.generation) return h("p", {}, say("health.no_index"));
    const recall = found.recall_at_10;
    const told = found.index_kind === "flat_fp16" || recall === null ? say("health.exact") : say("health.finds", { percent: decimals(100 * recall, say.language, 1) });
    return [h("p", {}, told), h("p", { class: "mute small", title: found.index_kind || null }, say("health.generation", { n: found.generation })),
      h("p", { class: "buttons" }, h("button", { type: "button", class: "outlined", onclick: () => this.actions.start("rebuild", {}) }, say("health.rebuild")),
        h("button", { type: "button", onclick: () => this.actions.start("verify", {}) }, say("health.verify")),
        h("button", { type: "button", onclick: () => this.actions.start("verify", { repair: true }) }, say("mend.repair")))];
  }

  roots() {
    const { say } = this;
    const list = h("ul", { class: "rows" });
    get("/library/roots").then(found => list.replaceChildren(...found.map(each => h("li", { class: "root-row" },
      h("div", { class: "told" }, h("h3", {}, each.name), h("p", { class: "mute small path" }, each.folder),
        h("p", { class: each.here ? "small" : "small warn" }, each.here ? say("library.n_videos", { n: each.videos }) : say("library.not_here", { n: each.videos }))),
      h("p", { class: "buttons" },
        h("button", { type: "button", class: "outlined", onclick: () => this.actions.start("index", { paths: [each.folder] }) }, say("health.look_again")),
        h("button", { type: "button", "aria-label": say("library.remove_folder", { name: each.name }), onclick: () => this.actions.removeFolder(each) }, say("library.remove")))))));
    return list;
  }
}
