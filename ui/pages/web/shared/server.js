// Whether the server answers: asked now and then, and at once where somebody goes somewhere.

const EVERY_MS = 15000;
const AGAIN_MS = 2000;
const LONGEST_MS = 8000; // a busy server takes its time

async function answers() {
  try {
    return (await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(LONGEST_MS) })).status < 500;
  } catch {
    return false;
  }
}

/** Tell `told(isThere)` at each change, until the signal. */
export function hearOfServer(told, signal) {
  let [isThere, timer, asking] = [true, 0, false];
  const ask = async () => {
    if (asking || signal.aborted) return;
    clearTimeout(timer);
    asking = true;
    const now = document.hidden ? isThere : await answers();
    asking = false;
    if (signal.aborted) return;
    if (now !== isThere) told(isThere = now);
    timer = setTimeout(ask, isThere ? EVERY_MS : AGAIN_MS);
  };
  timer = setTimeout(ask, EVERY_MS);
  document.addEventListener("reelwise:address", ask, { signal });
  document.addEventListener("visibilitychange", ask, { signal });
  window.addEventListener("offline", ask, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
}
