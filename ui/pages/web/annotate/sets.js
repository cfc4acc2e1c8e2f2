// The sets that there are, and a form for a new one.

import { h } from "../shared/dom.js";
import { get, send } from "../shared/api.js";
import { address, follow, go } from "../shared/go.js";
import { ImportView } from "./importing.js";

export class SetsView {
  constructor(page) {
    Object.assign(this, { page, say: page.say });
    this.importing = new ImportView(page, () => this.show());
    this.element = h("section", { class: "sets", "aria-label": this.say("annotate.title") });
  }

  async show() {
    const { say } = this;
    const { items } = await get("/annotations");
    this.element.replaceChildren(
      items.length ? h("ul", { class: "list" }, items.map(set => h("li", {}, h("a", { href: address("/annotate", { set: set.name }), onclick: follow },
        h("b", {}, set.name), h("span", { class: "mute small" }, `${say("annotate.n", { n: set.labelled })} · ${set.task === "number" ? say("annotate.of_numbers") : set.labels.join(", ")}`)))))
        : h("p", { class: "empty" }, say("annotate.no_set")),
      h("div", { class: "making" }, this.form(), this.importing.element));
  }

  form() {
    const { say, page } = this;
    const name = h("input", { type: "text", maxlength: "40", required: true, pattern: "[a-z][a-z0-9_\\-]*", autocomplete: "off" });
    const labels = h("input", { type: "text", maxlength: "2000", autocomplete: "off" });
    const kind = h("select", { onchange: () => { words.hidden = kind.value === "number"; } },
      ["classes", "several", "number"].map(task => h("option", { value: task }, say(`annotate.set_${task}`))));
    const field = (word, input) => h("label", { class: "field" }, h("span", {}, say(word)), input);
    const words = field("annotate.set_labels", labels);
    const make = async () => {
      const offered = words.hidden ? [] : labels.value.split(",").map(word => word.trim()).filter(Boolean);
      const set = await send("POST", "/annotations", { name: name.value.trim(), labels: offered, ...(kind.value !== "classes" && { task: kind.value }) });
      go(address("/annotate", { set: set.name }));
    };
    return h("form", { class: "new", onsubmit: event => { event.preventDefault(); page.tried(make); } },
      h("h2", {}, say("annotate.new_set")),
      field("annotate.set_name", name), field("annotate.set_kind", kind), words,
      h("button", { type: "submit", class: "main" }, say("annotate.make")));
  }
}
