// Labels from a file: CSV, or JSON as COCO and Label Studio have it; what was taken is told, and what was left out with its line.

import { h } from "../shared/dom.js";
import { send } from "../shared/api.js";
import { address, follow } from "../shared/go.js";
import { inWords, short } from "../shared/words.js";

const MOST_BYTES = 8 * 1024 * 1024; // ui/api/annotations/importing.py takes no more
const MOST_SHOWN = 20;

export class ImportView {
  /** `onTaken(set)`: what is done then; without a set on the page its name is asked for. */
  constructor(page, onTaken = set => page.imported(set)) {
    Object.assign(this, { page, say: page.say, onTaken });
    const { say } = this;
    this.file = h("input", { type: "file", accept: ".csv,.json,text/csv,application/json", required: true });
    this.name = page.data.set ? null : h("input", { type: "text", maxlength: "40", required: true, pattern: "[a-z][a-z0-9_\\-]*", autocomplete: "off" });
    this.button = h("button", { type: "submit", class: "outlined" }, say("annotate.import"));
    this.result = h("div", { class: "imported", role: "status" });
    const field = (word, input) => h("label", { class: "field" }, h("span", {}, say(word)), input);
    this.element = h("form", { class: "importing", onsubmit: event => { event.preventDefault(); page.tried(() => this.run()); } },
      h("h2", {}, say("annotate.from_file")), h("p", { class: "mute small" }, say("annotate.from_file_what")),
      this.name && field("annotate.import_into", this.name), field("annotate.file", this.file), this.button, this.result);
  }

  async run() {
    const { say, page } = this;
    const [file] = this.file.files;
    if (!file || !page.isNamed()) return;
    if (file.size > MOST_BYTES) return page.fail(say("annotate.import_too_large", { mb: MOST_BYTES >> 20 }));
    const set = page.data.set || this.name.value.trim();
    const form = new FormData();
    form.append("file", file);
    this.button.disabled = true;
    this.result.replaceChildren();
    try {
      const found = await send("POST", `/annotations/${encodeURIComponent(set)}/import?${new URLSearchParams(page.by())}`, form);
      this.tell(found, file.name);
      this.file.value = "";
      await this.onTaken(found.set);
    } finally {
      this.button.disabled = false;
    }
  }

  tell({ added, changed, known, failed, troubles, set }, name) {
    const { say, page } = this;
    const said = [say("annotate.import_added", { n: added, file: name }), changed && say("annotate.import_changed", { n: changed }), known && say("annotate.import_known", { n: known })];
    this.result.replaceChildren(h("p", {}, said.filter(Boolean).join(" ")),
      page.data.set ? "" : h("p", {}, h("a", { href: address("/annotate", { set: set.name }), onclick: follow }, say("annotate.import_open", { set: set.name }))),
      failed ? h("p", {}, say("annotate.import_failed", { n: failed })) : "",
      failed ? h("ul", {}, troubles.slice(0, MOST_SHOWN).map(each => h("li", {}, say("annotate.import_line", { line: String(each.line), reason: this.reason(each) })))) : "",
      failed > MOST_SHOWN ? h("p", { class: "mute small" }, say("annotate.import_more", { n: failed - MOST_SHOWN })) : "");
  }

  /** Why a row was left out, in the language of the page where there are words for it. */
  reason({ said, reason }) {
    if (!said) return inWords(reason);
    const values = Object.entries(said.values).map(([name, value]) => [name, typeof value === "number" ? short(value, this.say.language, 6) : value]);
    return this.say(`annotate.left_${said.name}`, Object.fromEntries(values));
  }
}
