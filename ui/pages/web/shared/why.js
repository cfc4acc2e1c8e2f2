// Why something was found: how much each second speaks for it, and what of a frame does.

import { get } from "./api.js";
import { h } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const GAP_S = 1.5; // frames are compared twice a second

function parameters({ q, like }) {
  return { ...(q && { q }), ...(like && { like }) };
}

/** Whether a question has a reason in the picture: words in quotes are found in lines. */
export function hasReason(question) {
  return Boolean((question?.q && !/["\u201c\u201d\u201e]/.test(question.q)) || question?.like);
}

/** How much each second of a video, or of a stretch, speaks for a question. */
export function explanation(videoId, question, stretch = {}) {
  return get(`/videos/${videoId}/explanation?${new URLSearchParams({ ...parameters(question), ...stretch })}`);
}

/** What of the frame at a time speaks, as a picture to be laid over it. */
export function overlay(told, question, at_s, isLifted = false) {
  const asked = new URLSearchParams({ ...parameters(question), t: at_s.toFixed(2), ...(isLifted && { show: "1" }) });
  return h("img", { class: "speaks", alt: "", src: `${told.overlay_url}?${asked}` });
}

/** Whether two frames follow one another: what is withheld between them has no line. */
function isBeside(before, after) {
  return before && after.time_s - before.time_s < GAP_S;
}

/** The scores as a line over a stretch of time, with the best seconds behind it. */
export function curve(told, start_s, end_s) {
  const scores = told.frames.map(each => each.score);
  const [low, high] = [Math.min(...scores), Math.max(...scores)];
  const height = score => (0.92 - 0.84 * (high > low ? (score - low) / (high - low) : 0.5)).toFixed(3);
  const made = (name, attributes) => {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    return element;
  };
  const drawing = made("svg", { viewBox: `${start_s} 0 ${Math.max(end_s - start_s, 0.1)} 1`, preserveAspectRatio: "none", class: "curve", "aria-hidden": "true" });
  drawing.append(
    ...told.best.map(best => made("rect", { x: best.start_s, y: 0, width: best.end_s - best.start_s, height: 1 })),
    made("path", { d: told.frames.map((each, n) => `${isBeside(told.frames[n - 1], each) ? "L" : "M"}${each.time_s} ${height(each.score)}`).join("") }));
  return drawing;
}
