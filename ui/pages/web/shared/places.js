// Where the page was scrolled to, by address: Streamlit scrolls inside a box, of which browsers keep nothing.

const KEY = "reelwise:places";
const MOST = 60;
// A busy server takes long to send the page; whoever touches it meanwhile decides where it is.
const WAITS_MS = 120_000;

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

/** Keep the place of each address, and go back to it by Back and reload, until the signal. */
export function keepPlaces(signal) {
  let now = here();
  let pending = 0;
  const note = () => { if (!pending) keep(now, Math.round(box().scrollTop)); };
  const restore = () => {
    now = here();
    const place = read().get(now) ?? 0;
    cancelAnimationFrame(pending);
    const until = performance.now() + WAITS_MS;
    const step = () => {
      const at = box();
      at.scrollTop = place;
      const isThere = Math.abs(at.scrollTop - place) < 2;
      pending = isThere || performance.now() > until ? 0 : requestAnimationFrame(step);
    };
    pending = requestAnimationFrame(step);
  };
  const stopRestoring = () => {
    cancelAnimationFrame(pending);
    pending = 0;
  };
  document.addEventListener("scroll", note, { signal, capture: true, passive: true });
  for (const name of ["wheel", "pointerdown", "keydown"])
    document.addEventListener(name, stopRestoring, { signal, capture: true, passive: true });
  document.addEventListener("reelwise:leaving", () => { note(); stopRestoring(); }, { signal });
  document.addEventListener("reelwise:address", event => {
    now = here();
    if (!event.detail?.stays) box().scrollTop = 0;
  }, { signal });
  window.addEventListener("popstate", event => { if (event.isTrusted) restore(); }, { signal });
  if (read().has(now)) restore();
}
