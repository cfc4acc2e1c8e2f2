// Where the page was scrolled to, by address: Streamlit scrolls inside a box, of which browsers keep nothing.

const KEY = "reelwise:places";
const MOST = 60;
// A busy server takes long to send the page; whoever touches it meanwhile decides where it is.
const WAITS_MS = 120_000;
const HOLDS = 10; // pictures of the screen: the page before may be as high, and go after that
const PAGE = ".st-key-content";

const box = () => document.querySelector('[data-testid="stMain"]') ?? document.scrollingElement;
const here = () => location.pathname + location.search;

function read() {
  try {
    return new Map(JSON.parse(sessionStorage.getItem(KEY) ?? "[]"));
  } catch {
    return new Map();
  }
}

function keep(address, place) {
  const places = read();
  places.delete(address);
  places.set(address, place);
  sessionStorage.setItem(KEY, JSON.stringify([...places].slice(-MOST)));
}

/** Run when something of another page is drawn; gives what calls that off. */
function oncePageComes(run) {
  const isPage = node => node.matches?.(PAGE) || node.querySelector?.(PAGE);
  const seen = new MutationObserver(changes => {
    const added = changes.filter(each => each.addedNodes.length > 0);
    if (!added.some(each => each.target.closest(PAGE) || [...each.addedNodes].some(isPage))) return;
    seen.disconnect();
    run();
  });
  seen.observe(box(), { childList: true, subtree: true });
  return () => seen.disconnect();
}

/** Keep the place of each address, and go back to it by Back and reload, until the signal. */
export function keepPlaces(signal) {
  let now = here();
  let path = location.pathname;
  let stop; // while a page or a place is awaited: where it is now is nothing to keep
  let isClimbing = false;
  const note = () => { if (!stop) keep(now, Math.round(box().scrollTop)); };
  const stopWaiting = () => {
    stop?.();
    stop = undefined;
    isClimbing = false;
  };
  const climb = place => {
    const until = performance.now() + WAITS_MS;
    isClimbing = true;
    let held = 0;
    const step = () => {
      const at = box();
      const isThere = Math.abs(at.scrollTop - place) < 2;
      held = isThere ? held + 1 : 0;
      if (!isThere) at.scrollTop = place;
      if (held > (place ? HOLDS : 0) || performance.now() > until) return stopWaiting();
      const frame = requestAnimationFrame(step);
      stop = () => cancelAnimationFrame(frame);
    };
    step();
  };
  /** Be at this place of the address of now. Until another page comes, the old one stays as it is. */
  const come = place => {
    stopWaiting();
    const isOther = location.pathname !== path;
    [now, path] = [here(), location.pathname];
    if (isOther) stop = oncePageComes(() => climb(place));
    else climb(place);
  };
  document.addEventListener("scroll", note, { signal, capture: true, passive: true });
  for (const name of ["wheel", "pointerdown", "keydown"])
    document.addEventListener(name, () => { if (isClimbing) stopWaiting(); }, { signal, capture: true, passive: true });
  document.addEventListener("reelwise:leaving", () => { note(); stopWaiting(); }, { signal });
  document.addEventListener("reelwise:address", event => {
    if (event.detail?.stays) now = here();
    else come(0);
  }, { signal });
  window.addEventListener("popstate", event => { if (event.isTrusted) come(read().get(here()) ?? 0); }, { signal });
  signal.addEventListener("abort", stopWaiting);
  if (read().has(now)) climb(read().get(now));
}
