// One's own history, by day: what was watched, liked and hidden; each row can be corrected and taken away.

import { h, icon, rootOf } from "./shared/dom.js";
import { still } from "./shared/card.js";
import { send } from "./shared/api.js";
import { keepFocus } from "./shared/focus.js";
import { changed, follow } from "./shared/go.js";
import { openMenu } from "./shared/menu.js";
import { offerUndo, withdrawUndo } from "./shared/undo.js";
import { clock, forPeople, speaker } from "./shared/words.js";

const KINDS = ["like", "dislike", "view", "hide"];

class Row {
  constructor(row, { data, say, time }) {
    Object.assign(this, { row, data, say, time, made: h("li", { class: "row", "data-event-id": row.id }) });
    this.problem = h("p", { class: "small problem", role: "alert", hidden: true });
    this.draw();
  }

  draw() {
    keepFocus(() => this.made.replaceChildren(...this.parts()));
  }

  parts() {
    const { row, say, data } = this;
    if (this.isRemoved) return [h("p", { class: "removed" }, say("history.removed"), " ",
      h("button", { type: "button", onclick: () => this.restore() }, say("undo.undo"))), this.problem];
    const more = h("button", { type: "button", class: "more", "aria-haspopup": "menu", "aria-expanded": "false",
      "aria-label": say("history.menu", { title: row.title }), onclick: () => this.open(more) }, icon("more"));
    return [this.picture(), h("div", { class: "about" },
      h("h3", {}, row.video ? h("a", { href: `/video?v=${row.video.id}`, onclick: follow }, row.title) : row.title),
      h("p", { class: "what" }, this.what()),
      h("p", { class: "mute small" }, [this.time, row.source && say(`source.${row.source.replace(" ", "_")}`)].filter(Boolean).join(" · ")),
      this.problem), ...(data.is_own ? [h("div", { class: "has-menu" }, more)] : [])];
  }

  picture() {
    const { video } = this.row;
    if (!video) return h("span", { class: "picture gone" });
    const share = this.row.kind === "view" && video.duration_s > 0 ? Math.min((this.row.watched_s ?? video.duration_s) / video.duration_s, 1) : 0;
    return h("a", { class: "picture", href: `/video?v=${video.id}`, onclick: follow, tabindex: "-1", "aria-hidden": "true" },
      still(video, null, this.say),
      share > 0 && h("span", { class: "bar", style: `width:${Math.round(100 * share)}%` }));
  }

  what() {
    const { row, say } = this;
    if (row.kind !== "view") return say(`kind.${row.kind}`);
    if (row.is_mark) return say("kind.seen");
    const whole = row.video?.duration_s;
    if (row.watched_s === null) return say("kind.view");
    return whole ? say("kind.view_of", { seconds: clock(row.watched_s), whole: clock(whole) }) : say("kind.view_s", { seconds: clock(row.watched_s) });
  }

  open(button) {
    const { row, say } = this;
    const whole = row.video?.duration_s;
    openMenu(button, [
      ...KINDS.filter(kind => kind !== row.kind).map(kind => ({ text: say(`history.to_${kind}`), run: () => this.correct({ kind }) })),
      row.kind === "view" && whole && { text: say("history.whole"), run: () => this.correct({ watched_s: whole }) },
      { text: say("history.remove"), danger: true, run: () => this.remove() },
    ], row.title);
  }

  path(end = "") {
    return `/events/${this.row.id}${end}?user=${encodeURIComponent(this.data.who)}`;
  }

  correct(change) {
    const before = { kind: this.row.kind, watched_s: this.row.watched_s };
    return this.ask(async () => {
      const now = await send("PATCH", this.path(), change);
      Object.assign(this.row, { kind: now.kind, watched_s: now.watched_s });
      offerUndo(this.say("history.changed", { title: this.row.title }), this.say("undo.undo"), () => this.ask(async () => {
        const old = await send("PATCH", this.path(), before.watched_s === null ? { kind: before.kind } : before);
        Object.assign(this.row, { kind: old.kind, watched_s: old.watched_s });
      }));
    });
  }

  remove() {
    return this.ask(async () => {
      await send("DELETE", this.path());
      this.isRemoved = true;
      offerUndo(this.say("history.removed_one", { title: this.row.title }), this.say("undo.undo"), () => this.restore());
    });
  }

  restore() {
    withdrawUndo();
    return this.ask(async () => {
      await send("POST", this.path("/restore"));
      this.isRemoved = false;
    });
  }

  async ask(run) {
    this.problem.hidden = true;
    try {
      await run();
    } catch (error) {
      this.problem.replaceChildren([error.message, error.fix].filter(Boolean).join(" "));
      this.problem.hidden = false;
    }
    this.draw();
  }
}

/** Rows by the day of the visitor's own clock, in their order. */
function byDay(rows, language) {
  const day = new Intl.DateTimeFormat(language, { weekday: "long", year: "numeric", month: "long", day: "numeric" });
  const days = new Map();
  for (const row of rows) {
    const name = day.format(new Date(row.at));
    days.set(name, [...(days.get(name) ?? []), row]);
  }
  return days;
}

function own(data, say, setTriggerValue) {
  const user = encodeURIComponent(data.who);
  const name = h("input", { name: "name", required: true, autocomplete: "off", maxlength: "200" });
  const forget = h("form", { class: "forget", onsubmit: event => {
    event.preventDefault();
    if (name.value.trim() === data.who) setTriggerValue("forget", name.value);
    else name.setCustomValidity(say("history.not_name")), name.reportValidity();
  } }, h("label", {}, h("span", {}, say("history.forget_how", { who: data.shown })), name), h("button", { type: "submit", class: "outlined danger" }, say("history.forget")));
  name.addEventListener("input", () => name.setCustomValidity(""));
  return h("section", { class: "own", "aria-labelledby": "own" }, h("h2", { id: "own" }, say("history.own")),
    h("p", {}, h("label", { class: "switch" }, h("input", { type: "checkbox", name: "records", ...(data.records ? { checked: true } : {}), onchange: event => setTriggerValue("records", { on: event.currentTarget.checked }) }), h("span", {}, say("history.record")))),
    h("p", { class: "links" }, ["csv", "json"].map(format => h("a", { class: "outlined link-button", download: true, href: `/api/v1/history/export?user=${user}&format=${format}` }, say(`history.export_${format}`)))),
    forget, data.forgotten && h("p", { class: "problem", role: "alert" }, forPeople(data.forgotten)));
}

export default function ({ parentElement, data: [data], setTriggerValue }) {
  const root = rootOf(parentElement, "history-root");
  const text = JSON.stringify(data);
  if (root.drawn === text) return;
  root.drawn = text;
  const say = speaker(data.words, data.language);
  const clockOf = new Intl.DateTimeFormat(data.language, { hour: "2-digit", minute: "2-digit" });
  const chip = (kind, word) => h("a", { class: data.kind === kind ? "chip on" : "chip", href: changed({ kind, before: null }), onclick: follow,
    "aria-current": data.kind === kind ? "true" : null }, word);
  const days = [...byDay(data.rows ?? [], data.language)].map(([day, rows]) => h("section", { class: "day", "aria-label": day }, h("h2", {}, day),
    h("ul", {}, rows.map(row => new Row(row, { data, say, time: clockOf.format(new Date(row.at)) }).made))));
  keepFocus(() => root.replaceChildren(...[
    h("h1", {}, say(data.is_own ? "history.title" : "history.title_other", { who: data.shown })),
    !data.is_own && h("p", { class: "mute" }, say("history.other"), " ", h("a", { class: "link", href: "/people", onclick: follow }, say("history.switch"))),
    h("nav", { class: "chips", "aria-label": say("history.filter") }, chip("", say("history.all")), data.kinds.map(kind => chip(kind, say(`history.${kind}`)))),
    data.problem && h("p", { class: "problem", role: "alert" }, forPeople(data.problem)),
    days.length ? days : h("p", { class: "none" }, say("history.none")),
    h("p", { class: "links" }, !data.is_first && h("a", { class: "outlined link-button", href: changed({ before: null }), onclick: follow }, say("history.latest")),
      data.next && h("a", { class: "outlined link-button", href: changed({ before: data.next }), onclick: follow }, say("history.older"))),
    data.is_own && own(data, say, setTriggerValue),
  ].flat(Infinity).filter(Boolean)));
}
