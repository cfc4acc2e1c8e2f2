// The log: who did what, when and why; it is only ever added to.

import { h } from "../shared/dom.js";
import { get } from "../shared/api.js";

const PAGE = 100;

/** Why, as it was written; what the server wrote itself is said in the words of the page. */
function whyOf(row, say) {
  const [, what] = (row.action === "undo" && /^takes back (allow|block|unsure|relabel|appeal)$/.exec(row.why)) || [];
  return what ? say("review.takes_back", { what: say(`review.act_${what}`) }) : row.why;
}

/** Rows of the log as a table. */
export function logTable(rows, say, language) {
  const at = new Intl.DateTimeFormat(language, { dateStyle: "short", timeStyle: "medium" });
  return h("div", { class: "scrolls", tabindex: "0", role: "group", "aria-label": say("review.log") }, h("table", {},
    h("thead", {}, h("tr", {}, ["when", "who", "what", "case_n", "why"].map(name => h("th", { scope: "col" }, say(`review.${name}`))))),
    h("tbody", {}, rows.map(row => h("tr", {},
      h("td", {}, at.format(new Date(row.at))), h("td", {}, row.who === "(policy)" ? say("review.the_policy") : row.who === "someone" ? say("review.someone") : row.who),
      h("td", {}, say(`review.act_${row.action}`)), h("td", {}, row.case ? String(row.case) : ""), h("td", {}, whyOf(row, say)))))));
}

export class LogView {
  constructor(page) {
    Object.assign(this, { page, say: page.say, rows: [] });
    this.element = h("section", { class: "log", "aria-label": this.say("review.log") });
  }

  async show() {
    const before = this.rows.at(-1)?.id;
    const found = await get(`/review/log?newest=1&k=${PAGE}${before ? `&before=${before}` : ""}`);
    this.rows.push(...found.items);
    this.element.replaceChildren(
      this.rows.length ? logTable(this.rows, this.say, this.page.data.language) : h("p", { class: "empty" }, this.say("review.log_empty")),
      found.items.length === PAGE ? h("button", { type: "button", class: "outlined", onclick: () => this.page.tried(() => this.show()) }, this.say("review.more")) : "");
  }
}
