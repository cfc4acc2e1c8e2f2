// Keys of the player. They hold on the whole page, except in fields, in a list of cards and on a handle.
// Space plays also where a button of the player has the focus, as after a click on it: Enter presses it.

const MOVES = { j: -5, l: 5, ArrowLeft: -1, ArrowRight: 1 };

function isElsewhere(event, root) {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return true;
  const path = event.composedPath();
  if (path.some(each => each.tagName === "DIALOG" || each.getAttribute?.("role") === "menu")) return true;
  const target = path[0];
  if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName ?? "")) return true;
  if (target.getAttribute?.("role") === "slider" && event.key.startsWith("Arrow")) return true;
  const inCard = path.some(each => each.classList?.contains("card"));
  const isPressed = /^(BUTTON|A|SUMMARY)$/.test(target.tagName ?? "");
  if (isPressed && event.key === " ") return inCard || !path.includes(root) || target.getAttribute("role") === "slider";
  return inCard && (event.key.startsWith("Arrow") || ["s", ".", "Enter"].includes(event.key));
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
  let isTaken = false;
  // Firefox presses a button when Space is let go, whatever became of its going down.
  document.addEventListener("keyup", event => {
    if (event.key === " " && isTaken) event.preventDefault();
    if (event.key === " ") isTaken = false;
  }, { signal });
  document.addEventListener("keydown", event => {
    if (isElsewhere(event, page.root)) return;
    const { key } = event;
    if (event.shiftKey && (key === "ArrowLeft" || key === "ArrowRight")) timeline.goToMoment(key === "ArrowLeft" ? -1 : 1);
    else if (key in MOVES) playback.seek(playback.now + MOVES[key]);
    else if (/^[0-9]$/.test(key)) playback.seek((playback.length * Number(key)) / 10);
    else if (key in runs) {
      if (key === "Escape" && !timeline.isChosen) return;
      runs[key]();
      isTaken = key === " ";
    } else return;
    event.preventDefault();
  }, { signal });
}
