// Conditions, made one after another: what it is about, how it compares, and a value. Each is a chip that can be taken away.

import { h } from "../shared/dom.js";

const MANY = 30; // labels that are typed, with advice, and no longer chosen from a list
const TAGS = "tags"; // the head of what was seen
// How many of its own a shown unit is, as ui/pages/search/conditions.py has it.
const UNITS = { duration: [1, "s"], width: [1, "px"], height: [1, "px"], resolution: [1, "px"], size: [1e6, "MB"] };
const WORDS = {
  number: { ">=": "least", "<=": "most", "=": "is", "!=": "not", ">": "more", "<": "less" },
  date: { ">=": "since", "<": "before" },
  text: { "=": "is", "!=": "not" },
  label: { "=": "is", "!=": "not", ">=": "likely", "<": "unlikely" },
};

/** The part of a form that holds conditions: `kept` are `{where, text}`, `named` what they can be on,
 * `lists` by name the values of a text with what they are called. */
export class Conditions {
  constructor(kept, named, lists, say) {
    Object.assign(this, { kept: [...kept], say, lists });
    this.named = named.filter(each => !lists[each.name] || lists[each.name].length > 0);
    this.chips = h("div", { class: "row chips" });
    this.name = h("select", { "aria-label": say("filter.cond_name"), onchange: () => this.choose() }, h("option", { value: "" }, say("filter.choose")),
      this.group("clip", "filter.of_clips"), this.group("video", "filter.of_videos"));
    this.rest = h("span", { class: "rest" });
    this.add = h("button", { type: "button", class: "outlined", disabled: true, onclick: () => this.added() }, say("filter.add"));
    this.wrong = h("p", { class: "wrong small", role: "alert", hidden: true });
    this.element = h("fieldset", { class: "conditions" }, h("legend", {}, say("filter.where")), this.chips, h("div", { class: "row" }, this.name, this.rest, this.add), this.wrong);
    this.draw();
  }

  group(of, label) {
    const items = this.named.filter(each => each.of === of);
    return items.length > 0 && h("optgroup", { label: this.say(label) }, items.map(each => h("option", { value: each.name }, this.called(each))));
  }

  /** What it is about in plain words: a head keeps the name that somebody gave it. */
  called({ name, of }) {
    return of === "video" || name === TAGS ? this.say(`filter.field_${name}`) : name;
  }

  draw() {
    this.chips.hidden = this.kept.length === 0;
    this.chips.replaceChildren(...this.kept.map(each => h("button", { type: "button", class: "chip on", "aria-label": this.say("search.without", { text: each.text }),
      onclick: () => this.without(each) }, each.text, h("span", { "aria-hidden": "true" }, "×"))));
  }

  without(gone) {
    this.kept = this.kept.filter(each => each !== gone);
    this.draw();
    (this.chips.querySelector("button") ?? this.name).focus();
  }

  /** Draw how what was chosen compares, and the field for a value. */
  choose() {
    const { say } = this;
    const about = this.about = this.named.find(each => each.name === this.name.value);
    this.add.disabled = !about;
    this.fail("");
    if (!about) return void this.rest.replaceChildren();
    this.labels = this.lists[about.name] ?? about.labels.map(each => [each.label, (say.language === "de" && each.german) || each.label]);
    this.sign = h("select", { "aria-label": say("filter.cond_op"), onchange: () => { this.share.hidden = !this.isLikely; } },
      Object.entries(WORDS[about.kind]).map(([sign, word]) => h("option", { value: sign }, say(`filter.op_${word}`))));
    this.percent = h("input", { type: "number", min: "5", max: "100", value: "80", "aria-label": say("filter.cond_share") });
    this.share = h("span", { class: "unit", hidden: true }, this.percent, "%");
    this.value = this.field(about);
    const unit = UNITS[about.name]?.[1];
    this.rest.replaceChildren(this.sign, h("span", { class: "unit" }, this.value, unit ?? ""), this.share,
      this.value.tagName === "INPUT" && this.labels.length ? h("datalist", { id: "f-values" }, this.labels.map(([, text]) => h("option", { value: text }))) : "");
  }

  /** The field for a value, as its kind wants it: a list, a number, a date or a text. */
  field({ kind }) {
    const name = this.say("filter.cond_value");
    const { length } = this.labels;
    if (length > 0 && length <= MANY) return h("select", { "aria-label": name }, h("option", { value: "" }, ""), this.labels.map(([, text]) => h("option", { value: text }, text)));
    const type = { number: "number", date: "date" }[kind] ?? "text";
    return h("input", { type, step: type === "number" && "any", list: length > 0 && "f-values", autocomplete: "off", "aria-label": name,
      onkeydown: event => { if (event.key === "Enter") { event.preventDefault(); this.added(); } } });
  }

  get isLikely() {
    return this.about.kind === "label" && !["=", "!="].includes(this.sign.value);
  }

  fail(text) {
    this.wrong.hidden = !text;
    this.wrong.textContent = text;
  }

  /** The condition that is being made; nothing where its value is missing or wrong, which is said. */
  made() {
    const { about, say } = this;
    const typed = this.value.value.trim();
    if (!typed || !this.value.checkValidity() || (this.isLikely && !(this.percent.value && this.percent.checkValidity()))) return void this.fail(say("filter.incomplete"));
    const found = this.labels.find(each => each.some(text => text.toLowerCase() === typed.toLowerCase()));
    if (this.labels.length && !found) return void this.fail(say("filter.no_label", { value: typed }));
    const [value, shown] = found ?? [typed, typed];
    const sign = this.sign.value;
    const told = (text, share) => say(`filter.told_${WORDS[about.kind][sign]}`, { name: this.called(about), value: text, share });
    if (this.isLikely) return { where: `${about.name}.${value}${sign}${Number(this.percent.value) / 100}`, text: told(shown, this.percent.value) };
    if (about.name === TAGS && sign === "=") return { where: `${TAGS}=${value}`, text: say("filter.seen_chip", { tag: shown }) };
    const [per_unit, unit] = UNITS[about.name] ?? [1, ""];
    const number = about.kind === "number" && Number(typed);
    const text = number === false ? shown : `${number.toLocaleString(say.language)} ${unit}`.trim();
    return { where: `${about.name}${sign}${number === false ? value : number * per_unit}`, text: told(text) };
  }

  /** Make a chip of what is being made; false where it is not whole. */
  added() {
    const made = this.made();
    if (!made) {
      this.value.focus();
      return false;
    }
    if (!this.kept.some(each => each.where === made.where)) this.kept.push(made);
    this.draw();
    this.name.value = "";
    this.choose();
    this.name.focus();
    return true;
  }

  /** Whether nothing is half made: what has a value and was not added yet is added. */
  finished() {
    return !this.about || this.added();
  }

  taken() {
    return this.kept.map(each => each.where);
  }
}
