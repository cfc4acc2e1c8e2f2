// The sets that there are, and a form for a new one.

import { h } from "../shared/dom.js";
import { get, send } from "../shared/api.js";
import { address, follow, go } from "../shared/go.js";

export class SetsView {
  constructor(page) {
    Object.assign(this, { page, say: page.say });
    this.element = h("section", { class: "sets", "aria-label": this.say("annotate.title") });
  }

  async show() {
    const { say } = this;
    const { items } = await get("/annotations");
    this.element.replaceChildren(
      items.length ? h("ul", { class: "list" }, items.map(set => h("li", {}, h("a", { href: address("/annotate", { set: set.name }), onclick: follow },
        h("b", {}, set.name), h("span", { class: "mute small" }, `${say("annotate.n", { n: set.labelled })} · ${set.labels.join(", ")}`)))))
        : h("p", { class: "empty" }, say("annotate.no_set")),
      this.form());
  }

  form() {
    const { say, page } = this;
    const name = h("input", { type: "text", maxlength: "40", required: true, pattern: "[a-z][a-z0-9_\\-]*", autocomplete: "off" });
    const labels = h("input", { type: "text", maxlength: "2000", autocomplete: "off" });
    const several = h("input", { type: "checkbox" });
    const field = (word, input) => h("label", { class: "field" }, h("span", {}, say(word)), input);
    const make = async () => {
      const words = labels.value.split(",").map(word => word.trim()).filter(Boolean);
      const set = await send("POST", "/annotations", { name: name.value.trim(), labels: words, ...(several.checked && { task: "several" }) });
      go(address("/annotate", { set: set.name }));
    };
    return h("form", { class: "new", onsubmit: event => { event.preventDefault(); page.tried(make); } },
      h("h2", {}, say("annotate.new_set")),
      field("annotate.set_name", name), field("annotate.set_labels", labels),
      h("label", { class: "check" }, several, h("span", {}, say("annotate.set_several"))),
      h("button", { type: "submit", class: "main" }, say("annotate.make")));
  }
}
