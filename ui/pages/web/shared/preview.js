// A muted moving picture while the pointer rests on a card: one at a time, made and thrown away.

import { h } from "./dom.js";

const RESTS_MS = 250;
let playing = null;

function stop() {
  if (!playing) return;
  clearTimeout(playing.timer);
  if (playing.video) {
    playing.video.pause();
    playing.video.removeAttribute("src");
    playing.video.load();
    playing.video.remove();
  }
  playing = null;
}

/** Whether moving pictures are wanted and a pointer can rest on something. */
function isWanted() {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return false;
  if (navigator.connection?.saveData) return false;
  return matchMedia("(hover: hover)").matches;
}

/** Play `moment` {source, start_s, end_s} over `frame` while the pointer is on it. */
export function previewOnHover(frame, moment) {
  frame.addEventListener("pointerenter", () => {
    stop();
    if (!isWanted() || !moment.source) return;
    playing = { timer: setTimeout(() => start(frame, moment), RESTS_MS) };
  });
  frame.addEventListener("pointerleave", stop);
}

function start(frame, moment) {
  const video = h("video", { playsinline: true, tabindex: "-1", "aria-hidden": "true", disablepictureinpicture: true });
  video.muted = true;
  video.addEventListener("timeupdate", () => {
    if (moment.end_s && video.currentTime >= moment.end_s) video.currentTime = moment.start_s;
  });
  video.addEventListener("ended", () => {
    video.currentTime = moment.start_s;
    video.play().catch(() => {});
  });
  video.addEventListener("playing", () => video.classList.add("shown"), { once: true });
  video.addEventListener("error", stop);
  video.src = moment.source + (moment.whole ? `#t=${moment.start_s}` : "");
  frame.append(video);
  if (playing) playing.video = video;
  video.play().catch(() => {});
}
