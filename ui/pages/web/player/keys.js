// Keys of the player. They hold on the whole page, except in fields, in a list of cards and on a handle.

const MOVES = { j: -5, l: 5, ArrowLeft: -1, ArrowRight: 1 };

function isElsewhere(event) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return true;
  const path = event.composedPath();
  if (path.some(each => each.tagName === "DIALOG" || each.getAttribute?.("role") === "menu")) return true;
  const target = path[0];
  if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName ?? "")) return true;
  if (target.getAttribute?.("role") === "slider" && event.key.startsWith("Arrow")) return true;
  if (/^(BUTTON|A|SUMMARY)$/.test(target.tagName ?? "") && event.key === " ") return true;
  return path.some(each => each.classList?.contains("card")) && (event.key.startsWith("Arrow") || ["s", ".", "Enter"].includes(event.key));
}

export function listenToKeys(page, signal) {
  const { playback, timeline, controls } = page;
  const step = () => 1 / (page.data.video.fps || 25);
  const runs = {
    " ": () => playback.toggle(), k: () => playback.toggle(),
    ",": () => frame(-1), "<": () => frame(1), ".": () => frame(1),
    i: () => timeline.setStart(), o: () => timeline.setEnd(), s: () => page.similar(),
    f: () => controls.fullScreen(), m: () => controls.mute(), t: () => page.lines.toggle(), n: () => page.next.play(),
    Escape: () => timeline.clear(),
  };
  const frame = by => {
    playback.element.pause();
    playback.seek(playback.now + by * step());
  };
  document.addEventListener("keydown", event => {
    if (isElsewhere(event)) return;
    const { key } = event;
    if (event.shiftKey && (key === "ArrowLeft" || key === "ArrowRight")) timeline.goToMoment(key === "ArrowLeft" ? -1 : 1);
    else if (key in MOVES) playback.seek(playback.now + MOVES[key]);
    else if (/^[0-9]$/.test(key)) playback.seek((playback.length * Number(key)) / 10);
    else if (key in runs) {
      if (key === "Escape" && !timeline.isChosen) return;
      runs[key]();
    } else return;
    event.preventDefault();
  }, { signal });
}
