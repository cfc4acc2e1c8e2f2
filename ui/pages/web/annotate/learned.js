// Beside the stretch: how far the set has come, how well it is learned, and which labels may be wrong.

import { h } from "../shared/dom.js";
import { get } from "../shared/api.js";
import { clock, decimals, short } from "../shared/words.js";
import { ImportView } from "./importing.js";
import { asItMay } from "./stretch.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 320;
const HEIGHT = 140;
const EDGE = 6;
const MOST_DOUBTS = 8;

export class LearnedView {
  constructor(page) {
    Object.assign(this, { page, say: page.say });
    this.counts = h("div", { class: "counts" });
    this.curve = h("div", { class: "curve" });
    this.doubts = h("div", { class: "doubts" });
    this.element = h("section", { class: "learned", "aria-label": this.say("annotate.learned") }, this.counts, this.curve, this.doubts,
      new ImportView(page).element);
  }

  progress(set) {
    const { say } = this;
    const most = Math.max(1, ...Object.values(set.counts));
    this.counts.replaceChildren(h("h2", {}, say("annotate.progress")),
      h("p", { class: "mute small" }, say("annotate.n", { n: set.labelled }), " · ", say("annotate.n_videos", { n: set.videos }), set.skipped ? ` · ${say("annotate.n_skipped", { n: set.skipped })}` : ""),
      set.numbers ? h("p", {}, say("annotate.numbers", this.shortened(set.numbers))) : "",
      h("dl", {}, Object.entries(set.counts).map(([label, n]) => [h("dt", {}, label),
        h("dd", {}, h("span", { class: "bar", style: `width: ${(70 * n / most).toFixed(1)}%` }), h("span", {}, String(n)))])));
  }

  /** Ask how well it is learned, and what may be wrong; neither holds up the labelling. */
  async judge() {
    const { page } = this;
    const [curve, check] = await Promise.all([get(page.path("/curve")), get(page.path(`/check?k=${MOST_DOUBTS}`))]);
    this.drawCurve(curve);
    this.drawDoubts(check);
  }

  drawCurve({ items }) {
    const { say } = this;
    const heading = h("h2", {}, say("annotate.curve"));
    if (!items.length) return void this.curve.replaceChildren(heading, h("p", { class: "mute small" }, say("annotate.no_curve")));
    const last = items.at(-1);
    const isNumber = typeof last.mae === "number";
    const told = isNumber ? say("annotate.error_said", { ...this.shortened({ error: last.mae, mean: last.mae_of_mean }), n: last.labels })
      : say("annotate.curve_said", { f1: decimals(last.f1_macro, say.language), n: last.labels });
    this.curve.replaceChildren(heading, isNumber ? drawnErrors(items, told) : drawn(items, told), h("p", { class: "mute small" }, told));
  }

  drawDoubts({ items, checked }) {
    const { say, page } = this;
    this.doubts.replaceChildren(h("h2", {}, say("annotate.doubts")),
      items.length ? h("ul", {}, items.map(each => h("li", {}, h("button", { type: "button", class: "doubt", onclick: () => page.again(each) },
        h("img", { src: asItMay(each.thumb_url, each.effect, false), alt: "", loading: "lazy", onerror: event => event.target.removeAttribute("src") }),
        h("span", { class: "words" }, h("b", {}, say("annotate.doubt", { given: this.named(each.given), likely: this.named(each.likely) })),
          h("span", { class: "mute small" }, `${each.title} ${clock(each.start_s)}-${clock(each.end_s)}`), each.effect === "none" ? "" : h("span", { class: "small" }, say(`annotate.effect_${each.effect}`)))))))
        : h("p", { class: "mute small" }, checked ? say("annotate.no_doubts") : say("annotate.no_curve")));
  }

  /** Numbers as texts of a few digits, by the same names. */
  shortened(numbers) {
    return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, short(value, this.page.data.language)]));
  }

  named(label) {
    return label === "-" ? this.say("annotate.none") : label;
  }
}

/** F1 from 0 to 1 over the number of labels. */
function drawn(items, told) {
  return lines(told, items.at(-1).labels, 1, [["way", items.map(({ labels, f1_macro }) => [labels, f1_macro])]]);
}

/** The error over the number of labels, and that of the mean, which knows nothing of a stretch. */
function drawnErrors(items, told) {
  const top = Math.max(...items.flatMap(({ mae, mae_of_mean }) => [mae, mae_of_mean])) || 1;
  return lines(told, items.at(-1).labels, top, [["mean", items.map(({ labels, mae_of_mean }) => [labels, mae_of_mean])],
    ["way", items.map(({ labels, mae }) => [labels, mae])]]);
}

/** Lines through points (labels, value) of 0 to `top`; those of the class `way` have dots. */
function lines(told, most, top, drawings) {
  const svg = document.createElementNS(SVG, "svg");
  const x = n => EDGE + (WIDTH - 2 * EDGE) * (n / most);
  const y = value => HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (value / top);
  const part = (name, attributes) => {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
    svg.append(made);
  };
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": told })) svg.setAttribute(name, value);
  for (const share of [0, 0.5, 1]) part("line", { class: "grid", x1: EDGE, x2: WIDTH - EDGE, y1: y(share * top), y2: y(share * top) });
  for (const [name, points] of drawings) {
    part("polyline", { class: name, points: points.map(([labels, value]) => `${x(labels).toFixed(1)},${y(value).toFixed(1)}`).join(" ") });
    if (name === "way") for (const [labels, value] of points) part("circle", { class: "dot", cx: x(labels).toFixed(1), cy: y(value).toFixed(1), r: 3.5 });
  }
  return svg;
}
