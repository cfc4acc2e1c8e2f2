// Who is watching? Tiles of people, somebody new, and a guest of whom nothing is recorded.

import { h, rootOf } from "./shared/dom.js";
import { keepPerson, keptPerson } from "./shared/device.js";
import { face } from "./shared/face.js";
import { forPeople, speaker } from "./shared/words.js";

const GUEST = "-";

export default function ({ parentElement, data: [data], setTriggerValue }) {
  const root = rootOf(parentElement, "who-root");
  const text = JSON.stringify(data);
  if (root.drawn === text) return;
  root.drawn = text;
  const say = speaker(data.words, data.language);
  const choose = (name, pin = "") => setTriggerValue("chosen", { name, pin });
  const ask = h("form", { class: "ask", hidden: true, onsubmit: event => {
    event.preventDefault();
    asked(ask.elements.value.value);
  } });
  let asked = () => {};
  const open = (label, type, then) => {
    asked = then;
    const input = h("input", { name: "value", type, required: true, maxlength: "200", autocomplete: "off" });
    ask.replaceChildren(h("label", {}, h("span", {}, label), input), h("button", { type: "submit", class: "main" }, say("who.go")));
    ask.hidden = false;
    input.focus();
  };
  // Kept on the device at once, for whoever opens the next page before this one has run.
  const take = name => {
    root.keptBefore = keptPerson();
    keepPerson(name);
    choose(name);
  };
  if (data.told && root.keptBefore !== undefined) keepPerson(root.keptBefore);
  root.keptBefore = undefined;
  const pick = person => person.has_pin
    ? open(say("who.pin", { name: person.shown }), "password", pin => choose(person.name, pin))
    : take(person.name);
  const same = (a, b) => a.trim().normalize("NFC").toLowerCase() === b.trim().normalize("NFC").toLowerCase();
  const named = name => (data.people.some(each => each.has_pin && same(each.name, name)) ? choose(name) : take(name));
  root.replaceChildren(
    h("h1", {}, say("who.title")), h("p", { class: "mute" }, say("who.sub")),
    h("ul", { class: "tiles" },
      data.people.map(person => h("li", {}, h("button", { type: "button", class: "tile", "aria-current": person.name === data.person ? "true" : null, onclick: () => pick(person) }, face(person), h("span", { class: "name" }, person.shown)))),
      h("li", {}, h("button", { type: "button", class: "tile", onclick: () => open(say("who.name"), "text", named) },
        h("span", { class: "face new", "aria-hidden": "true" }, "+"), h("span", {}, say("who.new")))),
      h("li", {}, h("button", { type: "button", class: "tile guest", "aria-current": data.guest ? "true" : null, onclick: () => take(GUEST) }, say("who.guest")))),
    ask, h("p", { class: "done", role: "status", hidden: !data.done }, data.done), h("p", { class: "problem", role: "alert", hidden: !data.told }, forPeople(data.told)));
}
