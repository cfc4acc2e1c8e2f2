// Whether the file of a video is still there: a browser that stops playing does not say.

const BUSY = [429, 500, 502, 503, 504];

/** "there" (or kept back for a reason that its stream tells), "gone", or "away" where the server does not answer. */
export async function fileNow(href, signal) {
  try {
    const answer = await fetch(href, { signal, cache: "no-store", headers: { range: "bytes=0-0" } });
    if (BUSY.includes(answer.status)) return "away";
    if (answer.status !== 404 && answer.status !== 410) return "there";
    return (await answer.json().catch(() => ({}))).code === "withheld" ? "there" : "gone";
  } catch {
    return "away";
  }
}
