// What moderation has done with a stretch since the server told of it.

import { asItMay } from "./stretch.js";

/** Whether a stretch that could be shown is withheld now: its clip is asked for, one byte of it. */
export async function isWithheldNow(stretch) {
  if (stretch.effect === "withheld") return false; // it is shown blurred until asked
  try {
    const asked = asItMay(stretch.preview_url, stretch.effect, false);
    const answer = await fetch(asked, { headers: { range: "bytes=0-0" }, cache: "no-store" });
    return [403, 404].includes(answer.status) && ["withheld", "owners_only"].includes((await answer.json()).code);
  } catch {
    return false; // a server that is gone says so elsewhere
  }
}
