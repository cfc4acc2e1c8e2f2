// A person's face: the first letter on their colour.

import { h } from "./dom.js";

/** `person`: {shown, colour}. It says nothing to a screen reader; the name stands beside it. */
export function face(person) {
  return h("span", { class: "face", "aria-hidden": "true", style: `background:${person.colour}` }, [...person.shown][0]?.toUpperCase() ?? "?");
}
