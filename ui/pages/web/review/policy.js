// The policy: a file of rules is chosen, what is wrong with it is told line by line, and its rules look.

import { h } from "../shared/dom.js";
import { send } from "../shared/api.js";

const MOST_BYTES = 1_000_000; // data/review/rules.py takes no more

export class PolicyView {
  constructor(page) {
    Object.assign(this, { page, say: page.say });
    this.element = h("section", { class: "rules", "aria-label": this.say("review.policy") });
  }

  /** A form alone where no policy holds; else it is folded below what the queue shows. */
  draw() {
    const { say, page } = this;
    const { policy } = page;
    this.file = h("input", { type: "file", accept: ".toml,.json", required: true });
    this.button = h("button", { type: "submit", class: policy ? "outlined" : "main" }, say("review.policy_set"));
    this.told = h("div", { role: "alert" });
    const form = h("form", { onsubmit: event => { event.preventDefault(); page.tried(() => this.set()); } },
      h("p", { class: "mute small" }, say("review.policy_what")),
      h("label", { class: "field" }, h("span", {}, say("review.policy_file")), this.file), h("p", { class: "buttons" }, this.button), this.told,
      h("details", {}, h("summary", {}, say("review.policy_example")), h("pre", { tabindex: "0" }, say("review.policy_sample"))));
    this.element.replaceChildren(policy
      ? h("details", {}, h("summary", {}, say("review.policy_holds", { version: String(policy.version), file: policy.file })), form)
      : h("div", {}, h("h2", {}, say("review.policy_none")), form));
  }

  async set() {
    const { say, page } = this;
    const [file] = this.file.files;
    this.told.replaceChildren();
    if (!file || !page.isNamed()) return;
    if (file.size > MOST_BYTES) return void this.wrong(file.name, [say("review.policy_large")]);
    this.button.disabled = true;
    try {
      await send("PUT", "/review/policy", { text: await file.text(), file: file.name, ...page.by() });
    } catch (error) {
      return void this.wrong(file.name, [...error.message.split("\n"), error.code === "wrong_policy" ? "" : error.fix].filter(Boolean));
    } finally {
      this.button.disabled = false;
    }
    await this.look();
  }

  wrong(name, lines) {
    const { say } = this;
    this.told.replaceChildren(h("p", { class: "warning" }, say("review.policy_wrong", { file: name })), h("ul", {}, lines.map(line => h("li", {}, line))));
  }

  /** Let the new rules look at everything, then show what waits. */
  async look() {
    const { say, page } = this;
    page.tell(say("review.policy_looks"));
    let looked = null;
    try {
      looked = page.data.indexed ? await send("POST", "/review/scan", { new: true }) : null;
    } finally {
      page.tell("");
      await page.begin();
    }
    page.tell(looked ? say("review.policy_found", { n: looked.new }) : say("review.policy_later"));
    const left = Object.keys(looked?.left_out ?? {});
    if (left.length) page.fail(say("review.policy_left_out", { rules: left.join(", ") }));
  }
}
