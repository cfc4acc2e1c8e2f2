// Saving the chosen stretch as a file: exact, or fast from the key picture before its start.

import { h } from "../shared/dom.js";
import { clock, decimals } from "../shared/words.js";

const EARLIER = "x-reelwise-begins-earlier-s";

async function make(href) {
  const answer = await fetch(href, { method: "HEAD" });
  if (answer.ok) return Number(answer.headers.get(EARLIER) ?? 0);
  const told = await fetch(href).then(each => each.json()).catch(() => ({}));
  throw new Error(told.error || `the server answered ${answer.status}`);
}

export function openSave(page, { start_s, end_s }) {
  const { say, data } = page;
  const usual = `${data.video.title.slice(0, 80).replace(/[\\/:*?"<>|]/g, "_")} ${start_s.toFixed(1)}-${end_s.toFixed(1)} s`;
  const name = h("input", { type: "text", class: "save-name", value: usual, maxlength: "150", "aria-label": say("save.name") });
  const way = (value, text) => h("label", {}, h("input", { type: "radio", name: "way", value, checked: value === "exact" }), " ", text);
  const told = h("p", { role: "status", class: "small" });
  const go = h("button", { type: "submit", class: "main" }, say("save.go"));
  const close = h("button", { type: "button", onclick: () => dialog.close() }, say("save.cancel"));
  const form = h("form", { onsubmit: event => { event.preventDefault(); save(); } },
    h("h2", {}, say("save.title")),
    h("label", { class: "field-label" }, say("save.name"), name),
    h("fieldset", {}, h("legend", { class: "only-heard" }, say("save.how")),
      way("exact", say("save.exact", { start: clock(start_s, true), end: clock(end_s, true) })), way("fast", say("save.fast"))),
    told, h("p", { class: "actions" }, go, close));
  const dialog = h("dialog", { class: "save", "aria-label": say("save.title"), onclose: () => dialog.remove() }, form);

  async function save() {
    const isFast = form.querySelector("input[name=way]:checked").value === "fast";
    const given = new URLSearchParams({ start: start_s.toFixed(3), end: end_s.toFixed(3), name: name.value.trim() || usual });
    if (isFast) given.set("fast", "1");
    if (page.playback.veil.wasAsked(start_s, end_s)) given.set("show", "1");
    const href = `${data.links.clip}?${given}`;
    go.disabled = true;
    told.replaceChildren(say("save.making"));
    try {
      const earlier_s = await make(href);
      const link = h("a", { class: "link-button main", href, download: "" }, say("player.download"));
      close.replaceChildren(say("save.close"));
      told.replaceChildren(say("save.done"), earlier_s >= 0.05 ? ` ${say("save.earlier", { seconds: decimals(earlier_s, say.language, 1) })}` : "");
      go.replaceWith(link);
      link.click();
      link.focus();
    } catch (error) {
      told.replaceChildren(say("save.failed", { problem: error.message }));
      go.disabled = false;
    }
  }

  page.root.append(dialog);
  dialog.showModal();
  name.select();
}
