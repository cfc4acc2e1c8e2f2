// Letting a rule learn from decisions: what it will err by is told before it holds.

import { h } from "../shared/dom.js";
import { send } from "../shared/api.js";
import { decimals } from "../shared/words.js";

const SHARES = [0.02, 0.05, 0.1, 0.2];

export function openLearn(page, rule) {
  const { say } = page;
  const { language } = say;
  const percent = share => `${(100 * share).toLocaleString(language, { maximumFractionDigits: share < 0.1 ? 1 : 0 })} %`;
  const error = h("select", { "aria-label": say("review.learn_error") },
    ["misses", "false_alarms"].map(name => h("option", { value: name }, say(`review.learn_${name}`))));
  const share = h("select", { "aria-label": say("review.learn_share") },
    SHARES.map(each => h("option", { value: String(each), selected: each === 0.1 }, percent(each))));
  const told = h("div", { class: "learned", role: "status" });
  const go = h("button", { type: "submit", class: "outlined" }, say("review.learn_try"));
  const keep = h("button", { type: "button", class: "main", hidden: true, onclick: () => learn(true) }, say("review.learn_keep"));
  const close = h("button", { type: "button", onclick: () => dialog.close() }, say("review.learn_close"));
  const form = h("form", { onsubmit: event => { event.preventDefault(); learn(false); } },
    h("h2", {}, say("review.learn_title", { rule })), h("p", { class: "mute" }, say("review.learn_about")),
    h("p", { class: "wished" }, error, " ", share), told, h("p", { class: "buttons" }, go, keep, close));
  const dialog = h("dialog", { class: "learn", "aria-label": say("review.learn_title", { rule }), onclose: () => dialog.remove() }, form);
  for (const each of [error, share]) each.addEventListener("change", () => { keep.hidden = true; });

  async function learn(keeps) {
    if (!page.isNamed()) return void dialog.close();
    for (const each of [go, keep]) each.disabled = true;
    told.replaceChildren(say("review.learn_works"));
    try {
      const learned = await send("POST", "/review/learn", { rule, [error.value]: Number(share.value), keep: keeps, ...page.by() });
      told.replaceChildren(...lines(learned));
      keep.hidden = keeps;
      if (keeps) {
        go.hidden = true;
        await page.begin();
      }
    } catch (problem) {
      told.replaceChildren(h("p", { role: "alert" }, [problem.message, problem.fix].filter(Boolean).join("; ")));
    }
    for (const each of [go, keep]) each.disabled = false;
  }

  function lines(learned) {
    const { blocked, allowed, threshold, misses, cases, miss_rate, false_alarms, others, false_alarm_rate } = learned;
    return [
      h("p", {}, say("review.learn_from", { blocked, allowed, threshold: decimals(threshold, language) })),
      h("ul", {}, h("li", {}, say("review.learn_missed", { misses, cases, share: percent(miss_rate) })),
        h("li", {}, say("review.learn_alarms", { alarms: false_alarms, others, share: percent(false_alarm_rate) }))),
      !learned.reached && h("p", { class: "warning" }, say("review.learn_nearest")),
      learned.policy !== null && h("p", {}, say("review.learn_holds", { version: learned.policy, n: learned.new, before: learned.policy - 1 })),
    ].filter(Boolean);
  }

  page.root.append(dialog);
  dialog.showModal();
}
