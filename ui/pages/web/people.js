// Everybody of the library: name, colour, PIN, recording; how the server is open; what reelwise is.

import { h, icon, rootOf } from "./shared/dom.js";
import { follow, go } from "./shared/go.js";
import { openMenu } from "./shared/menu.js";
import { forPeople, speaker } from "./shared/words.js";
import { face } from "./shared/face.js";

class People {
  constructor(root, data, trigger) {
    Object.assign(this, { root, data, trigger, say: speaker(data.words, data.language) });
    const { say } = this;
    root.replaceChildren(...[
      h("section", { "aria-labelledby": "people" }, h("h2", { id: "people" }, say("people.people")),
        h("p", { class: "problem", role: "alert", hidden: !data.told }, forPeople(data.told)),
        h("ul", {}, data.people.map(person => this.row(person)))),
      data.access && h("section", { "aria-labelledby": "access" }, h("h2", { id: "access" }, say("people.access")), h("p", {}, say(`people.access_${data.access}`))),
      h("section", { "aria-labelledby": "about" }, h("h2", { id: "about" }, say("people.about")),
        h("p", {}, say("people.version", { version: data.version })), h("p", {}, say("people.licence")),
        h("p", {}, h("a", { class: "link", href: "/api/v1/docs", target: "_blank" }, say("people.api")))),
    ].filter(Boolean));
  }

  row(person) {
    const { say } = this;
    const more = h("button", { type: "button", class: "more", "aria-haspopup": "menu", "aria-expanded": "false",
      "aria-label": say("people.menu", { name: person.shown }), onclick: () => this.open(more, person) }, icon("more"));
    const told = [say("people.events", { n: person.events }), person.has_pin && say("people.pin"), !person.records && say("people.not_recorded"),
      person.name === this.data.person && say("people.now")].filter(Boolean).join(" · ");
    return h("li", { class: "row" }, face(person), h("div", { class: "about" }, h("h3", {}, person.shown), h("p", { class: "mute small" }, told)),
      h("div", { class: "has-menu" }, more));
  }

  open(button, person) {
    const { say, data } = this;
    const others = data.people.filter(each => each.name !== person.name && !each.has_pin);
    openMenu(button, [
      { text: say("people.page", { name: person.shown }), run: () => go(`/for-you?who=${encodeURIComponent(person.name)}`) },
      { text: say("people.rename"), run: () => this.ask(person, "rename", h("input", { value: person.name, maxlength: "200", required: true })) },
      { text: say("people.colour"), run: () => this.ask(person, "colour", h("input", { type: "color", value: person.colour })) },
      others.length > 0 && { text: say("people.merge"), run: () => this.ask(person, "merge", h("select", {}, others.map(each => h("option", { value: each.name }, each.shown)))) },
      { text: say(person.records ? "people.pause" : "people.record"), run: () => this.tell(person, "records", person.records ? "0" : "1") },
      { text: say("people.set_pin"), run: () => this.ask(person, "pin", h("input", { type: "password", minlength: "4", maxlength: "64", required: true, autocomplete: "off" })) },
      person.has_pin && { text: say("people.drop_pin"), run: () => this.tell(person, "pin", "") },
    ], person.shown);
  }

  /** Do it; of a person with a PIN, ask for it first. */
  tell(person, what, value) {
    if (person.has_pin) return this.ask(person, what, null, value);
    return this.trigger("change", { what, name: person.name, value, pin: "" });
  }

  ask(person, what, input, value = "") {
    const { say } = this;
    const pin = person.has_pin && h("input", { type: "password", autocomplete: "off", required: true });
    const dialog = h("dialog", { "aria-label": person.shown, onclose: () => dialog.remove() }, h("form", { method: "dialog", onsubmit: () =>
      this.trigger("change", { what, name: person.name, value: input ? input.value : value, pin: pin ? pin.value : "" }) },
    input && h("label", {}, h("span", {}, say(`people.${what}_how`, { name: person.shown })), input),
    pin && h("label", {}, h("span", {}, say("people.old_pin", { name: person.shown })), pin),
    h("p", { class: "links" }, h("button", { type: "submit", class: "main" }, say("people.save")),
      h("button", { type: "button", class: "outlined", onclick: () => dialog.close() }, say("people.cancel")))));
    this.root.append(dialog);
    dialog.showModal();
    (input ?? pin).focus();
  }
}

export default function ({ parentElement, data: [data], setTriggerValue }) {
  const root = rootOf(parentElement, "people-root");
  const text = JSON.stringify(data);
  if (root.drawn === text) return;
  root.drawn = text;
  new People(root, data, setTriggerValue);
}
