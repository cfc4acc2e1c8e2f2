// The filter dialog: folder, date, length, where it is found, who watched it, tags, words, and conditions.

import { get } from "../shared/api.js";
import { h } from "../shared/dom.js";
import { changed, go } from "../shared/go.js";
import { Conditions } from "./conditions.js";

const LENGTHS = [["", "any"], ["-60", "1"], ["60-300", "2"], ["300-1200", "3"], ["1200-", "4"]];
const SEEN_SHOWN = 40;
const SEEN = "tags=";
const FOUND_IN = ["seen", "said", "written", "title"];

/** Open it over the page; "Apply" changes the address once. */
export async function openFilters(root, data, say) {
  const now = new URLSearchParams(location.search);
  const [folders, tags, seen, people, named] = await Promise.all(["/folders", "/tags", "/tags/automatic", "/people", "/conditions"].map(path => get(path).then(found => found.items, () => [])));
  const text = (name, label, type = "text") => h("div", {}, h("label", { class: "named", for: `f-${name}` }, say(label)),
    h("input", { type, id: `f-${name}`, name, value: now.get(name) ?? "" }));
  const boxes = (name, label, items, className = "options") => items.length > 0 && h("fieldset", {}, h("legend", {}, say(label)),
    h("div", { class: className }, items.map(item => h("label", item.depth ? { style: `padding-left:${16 * item.depth}px` } : {},
      h("input", { type: "checkbox", name, value: item.value, checked: given(now, name).includes(item.value) }), h("span", {}, item.text), item.n !== undefined && h("span", { class: "mute small" }, String(item.n))))));
  const chosen = (name, label, items) => h("fieldset", {}, h("label", { class: "named", for: `f-${name}` }, say(label)),
    h("select", { id: `f-${name}`, name }, items.map(([value, shown]) => h("option", { value, selected: value === (now.get(name) ?? "") }, shown))));
  const boxed = seen.slice(0, SEEN_SHOWN);
  const kept = data.conditions.filter(each => !boxed.some(tag => each.where === SEEN + tag.tag));
  const conditions = new Conditions(kept, named, { tag: tags.map(each => [each.tag, each.tag]), folder: folders.filter(each => each.path).map(each => [each.path, each.name]) }, say);
  const form = h("form", { method: "dialog", novalidate: true, onsubmit: event => event.submitter?.value === "apply" && !conditions.finished() && event.preventDefault() },
    boxes("folder", "filter.folder", folders.map(each => ({ value: each.name, text: each.title, depth: each.depth, n: each.videos })), "tree"),
    h("fieldset", { class: "two" }, text("since", "filter.since", "date"), text("until", "filter.until", "date")),
    chosen("len", "filter.len", LENGTHS.map(([value, name]) => [value, say(`filter.len_${name}`)])),
    boxes("in", "filter.in", FOUND_IN.map(each => ({ value: each, text: say(`filter.in_${each}`) }))),
    boxes("tag", "filter.tag", tags.map(each => ({ value: each.tag, text: each.tag, n: each.videos }))),
    boxes("seen", "filter.seen", boxed.map(each => ({ value: each.tag, text: (say.language === "de" && each.german) || each.tag, n: each.videos }))),
    people.length > 0 && chosen("by", "filter.by", [["", say("filter.anybody")], ...people.map(each => [each.name, each.name])]),
    conditions.element,
    text("not", "filter.not"),
    h("fieldset", { class: "two" }, text("then", "filter.then"), text("within", "filter.within", "number")),
    h("div", { class: "row" }, h("button", { value: "apply", class: "main" }, say("filter.apply")), h("button", { value: "", class: "outlined" }, say("filter.cancel"))));
  const dialog = h("dialog", { "aria-label": say("search.filter"), onclose: () => {
    if (dialog.returnValue === "apply") go(changed(changes(new FormData(form), now, conditions.taken())));
    dialog.remove();
  } }, h("h2", {}, say("search.filter")), form);
  root.append(dialog);
  dialog.showModal();
}

const given = (now, name) => name === "in" ? (now.get("in") ?? "").split(",")
  : name === "seen" ? now.getAll("where").filter(each => each.startsWith(SEEN)).map(each => each.slice(SEEN.length)) : now.getAll(name);

/** The parameters that the form gives: empty ones go out of the address. */
function changes(form, now, conditions) {
  const one = name => form.get(name) || null;
  const shown = form.get("then") === (now.get("then") ?? "") ? now.getAll("then") : [form.get("then")];
  const where = [...new Set([...form.getAll("seen").map(tag => SEEN + tag), ...conditions])];
  return { folder: form.getAll("folder"), since: one("since"), until: one("until"), len: one("len"), in: form.getAll("in").join(",") || null,
    tag: form.getAll("tag"), by: one("by"), not: one("not"), where, then: shown.filter(Boolean), within: shown.some(Boolean) ? one("within") : null, n: null };
}
