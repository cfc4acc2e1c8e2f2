// The buttons below a card: Like, Not for me, Seen it. A click marks its own card and nothing else.

import { h } from "./dom.js";
import { keepFocus } from "./focus.js";
import { record, takeBack } from "./judging.js";
import { offerUndo, withdrawUndo } from "./undo.js";

const KINDS = ["like", "dislike", "view"];
const FOLDS = ["dislike", "hide"];

export class Judged {
  /** `noted` is called when something was said or taken back. */
  constructor(card, video, { user, say, noted }) {
    Object.assign(this, { card, video, user, say, noted });
    this.events = [...video.said];
    this.pending = null;
    this.buttons = Object.fromEntries(KINDS.map(kind => [kind, h("button", { type: "button", class: "judge",
      onclick: () => this.click(kind) }, say(`judge.${kind}`))]));
    this.problem = h("p", { class: "small problem", role: "alert", hidden: true });
    this.folded = h("div", { class: "folded", hidden: true }, h("span"), h("button", { type: "button", onclick: () => this.takeOff(this.verdict) }, say("undo.undo")));
    card.querySelector(".picture").after(this.folded);
    card.append(h("div", { class: "judges", role: "group", "aria-label": say("judge.group", { title: video.title }) }, Object.values(this.buttons)), this.problem);
    this.draw();
  }

  /** What was said last of the video: like, dislike or hide; undefined for nothing. */
  get verdict() {
    return this.events.findLast(event => event.kind !== "view");
  }

  /** The event behind a pressed button; undefined where it is not pressed. */
  pressed(kind) {
    if (kind === "view") return this.events.findLast(event => event.kind === "view");
    return this.verdict?.kind === kind ? this.verdict : undefined;
  }

  draw() {
    keepFocus(() => this.mark());
  }

  mark() {
    for (const kind of KINDS) this.buttons[kind].setAttribute("aria-pressed", String(Boolean(this.pressed(kind))));
    const said = this.verdict?.kind;
    const isFolded = FOLDS.includes(said);
    this.folded.hidden = !isFolded;
    this.card.querySelector(".picture").hidden = isFolded;
    if (isFolded) this.folded.firstChild.replaceChildren(this.say(`judge.${said}_folded`));
  }

  /** A second click while the first is on its way is the same click: it changes nothing. */
  click(kind) {
    if (this.pending) return null;
    const event = this.pressed(kind);
    return event ? this.takeOff(event) : this.tell(kind);
  }

  /** Say it: marked at once, taken off again where the server refuses. */
  async tell(kind) {
    await this.pending;
    const event = { kind, id: null };
    await this.change(async () => {
      this.events.push(event);
      this.draw();
      event.id = await record(this.user, this.video.id, kind, kind === "view" ? this.video.duration_s : null);
      this.noted();
      offerUndo(this.say(`judge.${kind}_done`, { title: this.video.title }), this.say("undo.undo"), () => this.takeOff(event));
    }, () => this.drop(event));
  }

  async takeOff(event) {
    await this.pending;
    const at = this.events.indexOf(event);
    if (at < 0) return;
    await this.change(async () => {
      this.drop(event);
      if (event.id !== null) await takeBack(this.user, event.id);
      withdrawUndo();
      this.noted();
    }, () => { this.events.splice(at, 0, event); });
  }

  drop(event) {
    this.events = this.events.filter(each => each !== event);
    this.draw();
  }

  change(run, undo) {
    this.pending = this.tryTo(run, undo).finally(() => { this.pending = null; });
    return this.pending;
  }

  async tryTo(run, undo) {
    this.problem.hidden = true;
    try {
      await run();
    } catch (error) {
      undo();
      this.problem.replaceChildren([error.message, error.fix].filter(Boolean).join(" "));
      this.problem.hidden = false;
    }
    this.draw();
  }
}
