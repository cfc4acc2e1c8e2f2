// Problems: a row for each file that failed or was read only in part; why, and what to do.

import { h } from "../shared/dom.js";
import { get } from "../shared/api.js";
import { keepFocus } from "../shared/focus.js";
import { decimals, inWords } from "../shared/words.js";

const PAGE = 100;

export class ProblemsView {
  constructor({ say, actions }) {
    Object.assign(this, { say, actions });
    this.element = h("section", { class: "problems", "aria-label": say("library.problems") });
    this.kind = "";
  }

  async show() {
    this.found = await get(`/library/problems?k=${PAGE}&kind=${encodeURIComponent(this.kind)}`);
    keepFocus(() => this.draw());
  }

  draw() {
    const { say, found } = this;
    const all = Object.values(found.kinds).reduce((sum, n) => sum + n, 0);
    if (!all) return void this.element.replaceChildren(h("p", { class: "good", role: "status" }, say("problem.none")));
    const rows = found.problems.map(each => this.row(each));
    this.element.replaceChildren(
      h("div", { class: "tools" },
        h("label", {}, h("span", { class: "only-heard" }, say("problem.filter")), this.filter(all)),
        h("button", { type: "button", class: "outlined", onclick: () => this.actions.retryAll() }, say("problem.retry_all"))),
      h("p", { class: "mute small", role: "status" }, say("problem.n", { n: found.total })),
      h("ul", { class: "rows" }, rows),
      found.total > found.problems.length ? h("button", { type: "button", class: "outlined", onclick: () => this.more() }, say("library.more")) : "");
  }

  filter(all) {
    const { say, found } = this;
    const option = (value, text) => h("option", { value, selected: this.kind === value }, text);
    return h("select", { onchange: event => { this.kind = event.target.value; this.show(); } },
      option("", `${say("problem.all")} (${all})`),
      Object.entries(found.kinds).map(([kind, n]) => option(kind, `${say(`problem.${kind}`)} (${n})`)));
  }

  async more() {
    const next = await get(`/library/problems?k=${PAGE}&kind=${encodeURIComponent(this.kind)}&offset=${this.found.problems.length}`);
    this.found.problems.push(...next.problems);
    keepFocus(() => this.draw());
  }

  /** Why in full: in the words of the page where it has some. */
  reason({ said, reason }) {
    const { say } = this;
    if (!said) return inWords(reason);
    const values = Object.entries(said.values).map(([name, value]) => [name, typeof value === "number" ? decimals(value, say.language, 1) : value]);
    return say(`problem.said_${said.name}`, Object.fromEntries(values));
  }

  row(problem) {
    const { say } = this;
    const path = h("p", { class: "path small mute", hidden: true }, problem.path);
    const show = h("button", { type: "button", "aria-expanded": "false", onclick: () => { path.hidden = !path.hidden; show.setAttribute("aria-expanded", String(!path.hidden)); } }, say("problem.show_path"));
    const picture = problem.video && problem.partial
      ? h("img", { src: `/api/v1/thumbs/${problem.video}?t=0.5`, alt: "", loading: "lazy" }) : h("i", { class: "no-picture", "aria-hidden": "true" }, "!");
    return h("li", { class: "problem", "data-key": problem.path }, picture,
      h("div", { class: "told" }, h("h3", {}, problem.name),
        h("p", {}, say(`problem.${problem.kind}`), problem.partial ? ` ${say("problem.partial")}` : ""),
        h("p", { class: "mute small" }, say(problem.here ? `problem.${problem.kind}_fix` : "problem.missing_fix")),
        h("p", { class: "mute small" }, this.reason(problem)), path),
      h("p", { class: "buttons" },
        h("button", { type: "button", class: "outlined", onclick: () => this.actions.retry(problem) }, say("problem.retry")),
        h("button", { type: "button", onclick: () => this.actions.leaveOut({ paths: [problem.path] }, problem.name) }, say("problem.leave_out")), show));
  }
}
